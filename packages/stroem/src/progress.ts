/**
 * Progress: what the decider knows about a job without looking at all of it again. Derived from the attempts when a
 * view is loaded, then kept in step, so that the end of one step costs what its dependants cost.
 *
 * P1. A step is pending (no attempt), open, or ended; it never goes back.
 * P2. `ended` is told of each activity once: when the attempt that will not be tried again has closed.
 * P3. `turn` holds every pending step whose fate can be decided. What cannot be decided yet is not in it.
 */
import { type Attempt, outcomeOf, type Outcome, type View } from '@busbar/kernel'
import type { Plan } from './plan.js'
import type { StepData, StroemTypes } from './types.js'

export interface LoopProgress {
  readonly ordinal: number
  readonly total: number
  /** Items that were opened and have not ended. */
  open: number
  /** The first item that was not opened; `total` when no more shall be. */
  next: number
  /** Items whose failure counts. */
  readonly failed: number[]
}

/** First come, first served. */
class Line {
  #waiting: number[] = []
  #head = 0

  push(value: number): void {
    this.#waiting.push(value)
  }

  shift(): number | undefined {
    if (this.#head < this.#waiting.length) return this.#waiting[this.#head++]
    this.clear()
    return undefined
  }

  clear(): void {
    this.#waiting = []
    this.#head = 0
  }
}

export class Progress {
  readonly #plan: Plan
  readonly #phase: ('pending' | 'open' | 'ended')[]
  /** Per step, of its dependencies: how many have not ended, how many were skipped, how many failed or were cancelled. */
  readonly #unmet: number[]
  readonly #skipped: number[]
  readonly #broken: number[]
  #ended = 0
  #fatal = 0
  readonly loops = new Map<number, LoopProgress>()
  /** Ordinals of closed attempts whose consequences have not been drawn. */
  readonly news = new Line()
  /** Positions of steps to decide about. */
  readonly turn = new Line()

  static of(view: View<StroemTypes>): Progress {
    if (view.derived instanceof Progress) return view.derived
    const progress = new Progress(view)
    view.derived = progress
    return progress
  }

  private constructor(view: View<StroemTypes>) {
    const { steps } = view.plan
    this.#plan = view.plan
    this.#phase = steps.map(() => 'pending')
    this.#unmet = steps.map(step => step.needs.length)
    this.#skipped = steps.map(() => 0)
    this.#broken = steps.map(() => 0)
    for (const step of steps) if (step.needs.length === 0) this.turn.push(step.position)
    for (const attempt of view.activities()) this.#takeIn(attempt)
  }

  get isOver(): boolean {
    return this.#ended === this.#plan.steps.length
  }

  /** Whether a step failed whose failure is the job's. */
  get hasFailed(): boolean {
    return this.#fatal > 0
  }

  isPending(position: number): boolean {
    return this.#phase[position] === 'pending'
  }

  /** What follows for a pending step from its dependencies alone. */
  fateOf(position: number): 'wait' | 'skip' | 'go' {
    const step = this.#plan.steps[position]
    if (step === undefined) return 'wait'
    const willing = step.step.continueOnFailure
    if ((this.#broken[position] ?? 0) > 0 && !willing) return 'skip'
    if ((this.#unmet[position] ?? 0) > 0) return 'wait'
    return step.needs.length > 0 && this.#skipped[position] === step.needs.length && !willing ? 'skip' : 'go'
  }

  opened(position: number): void {
    this.#phase[position] = 'open'
  }

  ended(position: number, outcome: Outcome): void {
    if (this.#phase[position] === 'ended') return
    this.#phase[position] = 'ended'
    this.#ended += 1
    if (isFatal(outcome)) this.#fatal += 1
    for (const dependant of this.#plan.steps[position]?.dependants ?? []) {
      this.#unmet[dependant] = (this.#unmet[dependant] ?? 0) - 1
      if (outcome === 'skipped') this.#skipped[dependant] = (this.#skipped[dependant] ?? 0) + 1
      if (isBroken(outcome)) this.#broken[dependant] = (this.#broken[dependant] ?? 0) + 1
      if (this.isPending(dependant) && this.fateOf(dependant) !== 'wait') this.turn.push(dependant)
    }
  }

  #takeIn(attempt: Attempt<StepData>): void {
    const { data } = attempt
    const planned = this.#plan.byName.get(data.step)
    if (planned === undefined) return
    const outcome = outcomeOf(attempt)
    if (data.role === 'item') {
      const loop = this.loops.get(planned.position)
      if (loop) this.#takeInItem(loop, data.index, attempt.ordinal, outcome)
      return
    }
    this.opened(planned.position)
    if (outcome !== null) this.ended(planned.position, outcome)
    else if (data.role === 'loop') this.loops.set(planned.position, { ordinal: attempt.ordinal, total: data.items.length, open: 0, next: 0, failed: [] })
  }

  /** The end of an item is news again: drawing its consequences twice is the same as once, because nothing of it is stored. */
  #takeInItem(loop: LoopProgress, index: number, ordinal: number, outcome: Outcome | null): void {
    loop.open += 1
    loop.next = Math.max(loop.next, index + 1)
    if (outcome !== null) this.news.push(ordinal)
  }
}

/** For those who depend on the step: it did not give what they need. */
export function isBroken(outcome: Outcome): boolean {
  return isFatal(outcome) || outcome === 'tolerated' || outcome === 'cancelled'
}

function isFatal(outcome: Outcome): boolean {
  return outcome === 'failed' || outcome === 'failedFinally' || outcome === 'timedOut'
}
