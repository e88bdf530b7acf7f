/** Splits a stream of text into lines. A line longer than the bound is cut, and what was cut is counted. */
export class LineSplitter {
  #rest = ''
  #cut = 0
  readonly #bound: number
  readonly #onLine: (line: string) => void

  constructor(charactersMax: number, onLine: (line: string) => void) {
    this.#bound = charactersMax
    this.#onLine = onLine
  }

  push(text: string): void {
    let from = 0
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
      this.#add(text.slice(from, end))
      this.#emit()
      from = end + 1
    }
    this.#add(text.slice(from))
  }

  /** An unterminated last line counts. */
  end(): void {
    if (this.#rest !== '' || this.#cut > 0) this.#emit()
  }

  #add(text: string): void {
    const room = this.#bound - this.#rest.length
    if (text.length <= room) {
      this.#rest += text
      return
    }
    this.#rest += text.slice(0, room)
    this.#cut += text.length - room
  }

  #emit(): void {
    const line = this.#rest.endsWith('\r') ? this.#rest.slice(0, -1) : this.#rest
    this.#onLine(this.#cut > 0 ? `${line} … [${this.#cut} more characters were cut]` : line)
    this.#rest = ''
    this.#cut = 0
  }
}
