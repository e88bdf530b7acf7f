// When a batch of cases is hit: each is held at a step of its own, and when all that can get there are there, they are let
// go and the servers die in the same moment, with all of them in flight.
import { setTimeout as sleep } from 'node:timers/promises'

/** Enough for any step on a busy machine: who is not there by then is not waited for. */
const lateMs = 120_000
const mercyMsMax = 25

export class Strike {
  #chosen
  #held = new Map()
  #letGo = () => {}
  #isOver
  #isReady = () => {}
  #ready
  #finished = new Set()

  /** `chosen`: case → the number of the step that is held. */
  constructor(chosen) {
    this.#chosen = chosen
    this.#isOver = new Promise(resolve => {
      this.#letGo = resolve
    })
    this.#ready = new Promise(resolve => {
      this.#isReady = resolve
    })
  }

  onStep(name, number) {
    if (this.#chosen.get(name) !== number) return null
    this.#held.set(name, number)
    this.#check()
    return this.#isOver
  }

  /** Its play has ended, whether it got to its step or not. */
  finished(name) {
    this.#finished.add(name)
    this.#check()
  }

  /** Lets all go, and kills; resolves with how many were in flight. */
  async happen({ chance, kill }) {
    const late = new AbortController()
    await Promise.race([this.#ready, sleep(lateMs, null, { signal: late.signal }).catch(() => {})])
    late.abort()
    const inFlight = this.#held.size
    this.#letGo()
    const mercyMs = Math.floor(chance() * mercyMsMax)
    if (mercyMs > 0) await sleep(mercyMs)
    await kill()
    return inFlight
  }

  #check() {
    for (const name of this.#chosen.keys()) if (!this.#held.has(name) && !this.#finished.has(name)) return
    this.#isReady()
  }
}
