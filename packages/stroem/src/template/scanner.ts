import { TemplateError } from './fuel.js'

const blank = /\s*/y

/** Reads a template from left to right. */
export class Scanner {
  readonly text: string
  at = 0

  constructor(text: string) {
    this.text = text
  }

  get isAtEnd(): boolean {
    return this.at >= this.text.length
  }

  skipBlanks(): void {
    blank.lastIndex = this.at
    blank.exec(this.text)
    this.at = blank.lastIndex
  }

  /** Takes `word` when it is next, blanks before it skipped. */
  take(word: string): boolean {
    const start = this.at
    this.skipBlanks()
    if (this.text.startsWith(word, this.at)) {
      this.at += word.length
      return true
    }
    this.at = start
    return false
  }

  isNext(word: string): boolean {
    const start = this.at
    const next = this.take(word)
    this.at = start
    return next
  }

  /** Takes what the sticky pattern matches, blanks before it skipped; null: it does not. */
  match(pattern: RegExp): string | null {
    const start = this.at
    this.skipBlanks()
    const found = this.matchHere(pattern)
    if (found === null) this.at = start
    return found
  }

  matchHere(pattern: RegExp): string | null {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.text)
    if (!found) return null
    this.at = pattern.lastIndex
    return found[0]
  }

  must(word: string): void {
    if (!this.take(word)) this.fail(`\`${word}\``)
  }

  fail(expected: string): never {
    this.skipBlanks()
    const before = this.text.slice(0, this.at)
    const line = before.split('\n').length
    const column = this.at - before.lastIndexOf('\n')
    const found = this.text.slice(this.at, this.at + 20).split('\n', 1)[0]
    const what = this.isAtEnd ? 'the end of the template' : `\`${found}\``
    throw new TemplateError(`template does not parse at line ${line}, column ${column}: expected ${expected}, found ${what}`)
  }
}
