/** Who waits for a job's handling; it may be handled before the answer to its start is read. */
export class Arrivals {
  #waiting = new Map()

  arrive(id) {
    const resolve = this.#waiting.get(id)
    if (resolve === undefined) this.#waiting.set(id, null)
    else {
      this.#waiting.delete(id)
      resolve?.()
    }
  }

  of(id) {
    if (this.#waiting.delete(id)) return Promise.resolve()
    return new Promise(resolve => this.#waiting.set(id, resolve))
  }
}
