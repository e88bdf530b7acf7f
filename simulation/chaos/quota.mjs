import { setTimeout as sleep } from 'node:timers/promises'

const lookMs = 50

/** How many starts there are to be, for several who start. Without a number: as many as there is time for. */
export class Quota {
  #isOn
  #left
  /** Started, and not answered yet. */
  #underWay = 0
  /** Set while more would only pile up. */
  isFull = false

  constructor({ isOn, number = null }) {
    this.#isOn = isOn
    this.#left = number ?? Number.POSITIVE_INFINITY
  }

  /** True when the caller is to start one more. False: all have been started, or it is over. */
  async next() {
    while (this.#isOn()) {
      if (this.#left === 0 && this.#underWay === 0) return false
      if (this.#left > 0 && !this.isFull) {
        this.#left -= 1
        this.#underWay += 1
        return true
      }
      await sleep(lookMs)
    }
    return false
  }

  acknowledged() {
    this.#underWay -= 1
  }

  /** It was not acknowledged: somebody starts another one in its place. */
  giveBack() {
    this.#underWay -= 1
    this.#left += 1
  }
}
