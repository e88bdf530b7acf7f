/** How far something long has come: one line that changes on a terminal, a line now and then elsewhere. */
import { durationText } from './duration.js'

const terminalMs = 100
const elsewhereMs = 5_000

export class Progress {
  readonly #out: NodeJS.WriteStream
  readonly #now: () => number
  #what = ''
  #begun = 0
  #shown = 0
  #isLineOpen = false

  constructor(out: NodeJS.WriteStream = process.stderr, now: () => number = () => performance.now()) {
    this.#out = out
    this.#now = now
  }

  show(what: string, done: number, total: number): void {
    const now = this.#now()
    if (what !== this.#what) {
      this.#what = what
      this.#begun = now
    }
    const isTerminal = this.#out.isTTY
    if (now - this.#shown < (isTerminal ? terminalMs : elsewhereMs) && !(isTerminal && done === total)) return
    this.#shown = now
    const line = lineOf(what, done, total, now - this.#begun)
    this.#out.write(isTerminal ? `\r\u001b[2K${line}` : `${line}\n`)
    this.#isLineOpen = isTerminal
  }

  /** Clears the line. */
  end(): void {
    if (this.#isLineOpen) this.#out.write('\r\u001b[2K')
    this.#isLineOpen = false
  }
}

function lineOf(what: string, done: number, total: number, tookMs: number): string {
  const count = `${what}: ${done.toLocaleString('en')} of ${total.toLocaleString('en')}`
  if (tookMs < 1 || done === 0) return count
  const perSecond = (done / tookMs) * 1000
  const leftMs = ((total - done) / perSecond) * 1000
  return `${count}, ${Math.round(perSecond).toLocaleString('en')} a second, ${done >= total ? 'done' : `${durationText(leftMs)} left`}`
}
