/** Counts what is under way, so that `idle` and `stop` can wait for its end. */
export class InFlight {
  #count = 0
  #waiting: (() => void)[] = []

  get count(): number {
    return this.#count
  }

  begin(): void {
    this.#count += 1
  }

  end(): void {
    this.#count -= 1
    if (this.#count > 0 || this.#waiting.length === 0) return
    // What ended may begin the next thing in the microtasks that follow, so ask again after them.
    setImmediate(() => this.#tell())
  }

  async during<T>(work: Promise<T>): Promise<T> {
    this.begin()
    try {
      return await work
    } finally {
      this.end()
    }
  }

  idle(): Promise<void> {
    return new Promise(resolve => {
      this.#waiting.push(resolve)
      setImmediate(() => this.#tell())
    })
  }

  #tell(): void {
    if (this.#count > 0) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
