/** A place in a text that is being parsed. */
export class Cursor {
  readonly text: string
  at: number

  constructor(text: string, at = 0) {
    this.text = text
    this.at = at
  }

  get isAtEnd(): boolean {
    return this.at >= this.text.length
  }

  /** The character here; empty at the end. */
  get char(): string {
    return this.text.charAt(this.at)
  }

  startsWith(text: string): boolean {
    return this.text.startsWith(text, this.at)
  }

  /** Steps over `text` if it stands here. */
  take(text: string): boolean {
    if (!this.startsWith(text)) return false
    this.at += text.length
    return true
  }

  skipBlanks(): this {
    while (blanks.has(this.char)) this.at += 1
    return this
  }

  /** What a sticky expression matches here, stepped over; null if nothing. */
  match(sticky: RegExp): string | null {
    sticky.lastIndex = this.at
    const text = sticky.exec(this.text)?.[0] ?? null
    if (text !== null) this.at += text.length
    return text
  }

  /** The text in quotes (or between slashes) that begins here, as written; null if it is not closed. */
  quoted(): string | null {
    const quote = this.char
    for (let i = this.at + 1; i < this.text.length; i++) {
      if (this.text[i] === '\\') i += 1
      else if (this.text[i] === quote) {
        const inside = this.text.slice(this.at + 1, i)
        this.at = i + 1
        return inside
      }
    }
    return null
  }
}

const blanks: ReadonlySet<string> = new Set([' ', '\t', '\r', '\n'])
const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }

/** The text that quoted text with backslashes stands for. */
export function unescaped(text: string): string {
  if (!text.includes('\\')) return text
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|([\s\S]))/g, (_, code: string | undefined, char: string | undefined) =>
    code !== undefined ? String.fromCharCode(Number.parseInt(code, 16)) : (escapes[char ?? ''] ?? char ?? ''),
  )
}
