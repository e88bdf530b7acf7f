/**
 * One mailbox per execution. Letters that arrive while a batch of that execution is worked on form its next batch.
 *
 * B1. At most one batch of an execution is worked on at a time.
 * B2. A mailbox exists only while something is in it: idle executions cost nothing here.
 * B3. Batches begin in a microtask, so letters posted in one go are one batch, in the order of posting.
 */
import { type ExecutionId, Problem } from '@busbar/kernel'
import type { EngineLimits } from './api.js'
import type { SomeView } from './dialects.js'
import type { InFlight } from './in-flight.js'
import type { Letter } from './letters.js'

export type Reader = (view: SomeView | undefined) => void

export class Mailbox {
  readonly id: ExecutionId
  letters: Letter[] = []
  /** `asking`: the batch waits for an evaluation, which may take seconds. */
  phase: 'resting' | 'working' | 'asking' = 'resting'
  /** How often a batch waited for an evaluation. */
  askings = 0
  /** Whoever wants the view as it is after the batch under way. */
  readers: Reader[] = []

  constructor(id: ExecutionId) {
    this.id = id
  }

  /** The batch will take long: whoever waits for its end reads what is stored instead. */
  beginAsking(): void {
    this.phase = 'asking'
    this.askings += 1
    const readers = this.readers
    this.readers = []
    for (const read of readers) read(undefined)
  }

  /** The next batch, at most `max`. A removal is a batch of its own. */
  take(max: number): Letter[] {
    const end = this.letters.findIndex((letter, index) => index >= max || (index > 0 && letter.body.kind === 'remove'))
    const first = this.letters[0]?.body.kind === 'remove' ? 1 : end
    if (first === -1) {
      const all = this.letters
      this.letters = []
      return all
    }
    return this.letters.splice(0, first)
  }
}

/** Works on batches; `CommitLoop`. */
export interface Batches {
  /** Takes a batch out of the mailbox and works on it. Never rejects. */
  work(box: Mailbox): Promise<void>
  /** Answers the mailbox's readers, after a batch and before the next one. */
  show(box: Mailbox): void
}

export class Inbox {
  readonly #boxes = new Map<ExecutionId, Mailbox>()
  #ready: Mailbox[] = []
  #drainAsked = false
  readonly #limits: EngineLimits
  readonly #inFlight: InFlight
  readonly #batches: Batches

  constructor(limits: EngineLimits, inFlight: InFlight, batches: Batches) {
    this.#limits = limits
    this.#inFlight = inFlight
    this.#batches = batches
  }

  box(id: ExecutionId): Mailbox | undefined {
    return this.#boxes.get(id)
  }

  /** For what callers send: refused when too much waits already. */
  accept(id: ExecutionId, letter: Letter): void {
    const waiting = this.#boxes.get(id)?.letters.length ?? 0
    if (waiting >= this.#limits.commandsPerExecutionMax) {
      letter.fail(new Problem('throttled', `execution ${id} has ${waiting} commands waiting, the most it may have; send again later`))
    } else if (this.#inFlight.count >= this.#limits.commandsMax) {
      letter.fail(new Problem('throttled', `${this.#inFlight.count} commands are in flight, the most there may be; send again later`))
    } else this.post(id, letter)
  }

  /** For what the engine itself sends: never refused, because it is bounded by what is stored. */
  post(id: ExecutionId, letter: Letter): void {
    let box = this.#boxes.get(id)
    if (!box) this.#boxes.set(id, (box = new Mailbox(id)))
    this.#inFlight.begin()
    box.letters.push(letter)
    if (box.phase === 'resting' && box.letters.length === 1) this.#makeReady(box)
  }

  #makeReady(box: Mailbox): void {
    this.#ready.push(box)
    if (this.#drainAsked) return
    this.#drainAsked = true
    queueMicrotask(this.#drain)
  }

  readonly #drain = (): void => {
    this.#drainAsked = false
    const ready = this.#ready
    this.#ready = []
    for (const box of ready) void this.#turn(box)
  }

  async #turn(box: Mailbox): Promise<void> {
    box.phase = 'working'
    await this.#batches.work(box)
    box.phase = 'resting'
    this.#batches.show(box)
    if (box.letters.length > 0) this.#makeReady(box)
    else this.#boxes.delete(box.id)
  }
}
