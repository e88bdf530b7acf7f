/** A map that forgets its oldest entries: texts that come again soon are found, a flood of new ones costs no memory. */
export class BoundedCache<V> {
  readonly #entries = new Map<string, V>()
  readonly #max: number

  constructor(max: number) {
    this.#max = max
  }

  get(key: string): V | undefined {
    return this.#entries.get(key)
  }

  set(key: string, value: V): V {
    if (this.#entries.size >= this.#max) this.#forgetOldest()
    this.#entries.set(key, value)
    return value
  }

  #forgetOldest(): void {
    for (const key of this.#entries.keys()) {
      this.#entries.delete(key)
      return
    }
  }
}
