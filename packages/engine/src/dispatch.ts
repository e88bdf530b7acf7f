/**
 * Held polls and queues.
 *
 * D1. A poll is answered at its first work, with all that was assigned to it by then, and is never held for more.
 * D2. Among the polls that serve a queue, the one that waits longest is served first.
 * D3. Work that was leased to a poll whose caller went away goes back to its queue.
 */
import { after, type Attempt, type ExecutionId, type Instant, isPlain, Problem, type QueueName } from '@busbar/kernel'
import type { Claimed, Store } from '@busbar/store'
import type { Clock, EngineLimits, EngineLog, PollRequest, Work } from './api.js'
import { Deadlines } from './deadlines.js'
import { type HeldPoll, park, type Queue, roomOf } from './held-poll.js'
import type { InFlight } from './in-flight.js'
import type { Inbox } from './inbox.js'
import { Queues } from './queues.js'
import { isSpoilt } from './turn.js'
import type { WorkerBook } from './worker-book.js'

export interface DispatchParts {
  readonly store: Store
  readonly clock: Clock
  readonly log: EngineLog
  readonly limits: EngineLimits
  readonly inFlight: InFlight
  readonly workers: WorkerBook
  readonly inbox: () => Inbox
  /** A queue has work for which nobody waits here. */
  readonly onUnserved: (queue: QueueName) => void
  /** A claim failed, and may have leased attempts all the same: what is known of them must be read again. */
  readonly doubt: () => void
}

/** What could not be made into work is tried again, but not at once and forever. */
const afterFailureMs = 5_000

export class Dispatch {
  readonly #parts: DispatchParts
  readonly #queues = new Queues()
  readonly #deadlines: Deadlines
  #held = 0
  #order = 0
  #isStopping = false

  constructor(parts: DispatchParts) {
    this.#parts = parts
    this.#deadlines = new Deadlines(parts.clock)
  }

  // ── Polls ──

  poll(request: PollRequest): Promise<readonly Work[]> {
    const { clock } = this.#parts
    // A hand-off would write it in the commit of others.
    if (!isPlain(request.worker))
      return Promise.reject(new Problem('invalid', `${JSON.stringify(request.worker)} is no name for a worker: it must be plain text`))
    const noted = this.#note(request, clock.now())
    return noted ? noted.then(() => this.#hold(request)) : this.#hold(request)
  }

  #hold(request: PollRequest): Promise<readonly Work[]> {
    const { limits } = this.#parts
    if (this.#isStopping || request.caller?.isGone) return Promise.resolve([])
    if (this.#held >= limits.heldPollsMax) {
      return Promise.reject(new Problem('throttled', `${this.#held} polls are held, the most there may be; poll again later`))
    }
    const max = Math.max(1, Math.min(request.max, limits.pollCountMax))
    const group = this.#queues.join(request)
    this.#held += 1
    return new Promise((answer, fail) => {
      const waitMs = Math.min(request.waitMs, limits.pollWaitMsMax)
      const poll: HeldPoll = {
        request,
        group,
        order: this.#order++,
        max,
        state: 'looking',
        pending: 0,
        works: [],
        isOver: waitMs <= 0,
        isAbandoned: false,
        quit: () => {},
        answer,
        fail,
      }
      if (waitMs > 0) this.#limitWait(poll, waitMs)
      else if (this.#parts.store.sharing) poll.quit = this.#limitDoubt(poll)
      // Whoever does not wait cannot hear of what another server has just left: the store is asked.
      if (waitMs <= 0 && this.#parts.store.sharing) void this.#parts.inFlight.during(this.#lookAfresh(poll))
      else this.#look(poll)
    })
  }

  /** A rule over names does not say which queues there are; the store knows which have something. */
  async #lookAfresh(poll: HeldPoll): Promise<void> {
    const { group, request } = poll
    try {
      if ('key' in request.queues) await this.#restock()
      else for (const queue of group.queues) this.#queues.stock(queue.name)
    } catch (error) {
      if (this.#drop(poll)) poll.fail(error)
      return
    }
    if (poll.state !== 'answered') this.#look(poll)
  }

  #note({ queues, worker }: PollRequest, now: Instant): Promise<void> | null {
    const { workers } = this.#parts
    if ('key' in queues) {
      workers.serves(worker, queues, now)
      return null
    }
    let noted: Promise<void> | null = null
    for (const queue of queues) noted = workers.polled(queue, worker, now) ?? noted
    return noted
  }

  #limitWait(poll: HeldPoll, waitMs: number): void {
    let drop = this.#deadlines.set(after(this.#parts.clock.now(), waitMs), () => {
      this.#give(poll, false)
      if (poll.state !== 'answered') drop = this.#limitDoubt(poll)
    })
    const unhear = poll.request.caller?.onGone(() => this.#give(poll, true))
    poll.quit = () => {
      drop()
      unhear?.()
    }
  }

  /** What is under way for it may hang on a store that does not answer: its caller is not kept waiting for that. */
  #limitDoubt(poll: HeldPoll): () => void {
    return this.#deadlines.set(after(this.#parts.clock.now(), this.#parts.limits.doubtMs), () => this.#finish(poll))
  }

  /** Ends the waiting of a poll as soon as nothing is under way for it. */
  #give(poll: HeldPoll, isAbandoned: boolean): void {
    poll.isOver = true
    poll.isAbandoned ||= isAbandoned
    if (poll.state === 'parked' && poll.pending === 0) this.#finish(poll)
  }

  #finish(poll: HeldPoll): void {
    if (!this.#drop(poll)) return
    if (!poll.isAbandoned && !poll.request.caller?.isGone) return poll.answer(poll.works)
    for (const work of poll.works) this.#release(work, 0)
    poll.answer([])
  }

  /** False when it was answered before. */
  #drop(poll: HeldPoll): boolean {
    if (poll.state === 'answered') return false
    poll.state = 'answered'
    poll.quit()
    poll.group.parked.delete(poll)
    this.#queues.leave(poll.group)
    this.#held -= 1
    return true
  }

  #release({ execution, attempt }: Claimed, delayMs: number): void {
    this.#parts.inbox().post(execution, {
      body: { kind: 'release', ordinal: attempt.ordinal, fence: attempt.fence, delayMs },
      settle: () => {},
      fail: error => this.#parts.log.error('work not handed back', { execution, attempt: attempt.id, error }),
    })
  }

  // ── Claiming ──

  #look(poll: HeldPoll): void {
    if (poll.isAbandoned) return this.#finish(poll)
    const stocked = this.#queues.stockedOf(poll.group)
    if (stocked.length > 0) {
      poll.state = 'looking'
      poll.group.parked.delete(poll)
      void this.#parts.inFlight.during(this.#claim(poll, stocked))
    } else if (poll.isOver || this.#isStopping) this.#finish(poll)
    else {
      poll.state = 'parked'
      park(poll)
    }
  }

  async #claim(poll: HeldPoll, queues: readonly Queue[]): Promise<void> {
    const restocks = queues.map(queue => queue.restocks)
    const { store, clock } = this.#parts
    let claimed: readonly Claimed[]
    try {
      claimed = await store.claim({ queues: queues.map(queue => queue.name), worker: poll.request.worker, max: poll.max, now: clock.now() })
      const isAll = claimed.length < poll.max
      if (isAll) for (const [index, queue] of queues.entries()) this.#queues.emptied(queue, restocks[index] ?? -1)
      else for (const queue of queues) this.#wake(queue)
    } catch (error) {
      this.#parts.doubt()
      if (this.#drop(poll)) poll.fail(error)
      return
    }
    const works = await this.#handOut(claimed, poll)
    // Its caller may have had enough of waiting meanwhile.
    if (poll.state === 'answered') for (const work of works) this.#release(work, 0)
    else if (works.length === 0) this.#look(poll)
    else {
      poll.works = works
      this.#finish(poll)
    }
  }

  /** Each claimed attempt becomes work in its own execution's mailbox; those that come to nothing are left out. */
  async #handOut(claimed: readonly Claimed[], { request }: HeldPoll): Promise<Work[]> {
    if (claimed.length === 0) return []
    const made = await Promise.all(claimed.map(({ execution, attempt }) => this.#handOutOne(execution, attempt)))
    for (const answer of made) if (isSpoilt(answer) && answer.spoiled !== null) request.onSpoiled?.(answer.spoiled)
    return made.filter(isWork)
  }

  #handOutOne(execution: ExecutionId, attempt: Attempt): Promise<unknown> {
    return new Promise(resolve => {
      this.#parts.inbox().post(execution, {
        body: { kind: 'claimed', attempt },
        settle: resolve,
        fail: error => {
          this.#parts.log.error('claimed attempt not handed out', { execution, attempt: attempt.id, error })
          // Nobody works on it, and a lease may have no end.
          this.#release({ execution, attempt }, afterFailureMs)
          resolve(null)
        },
      })
    })
  }

  /** A queue has work again: whoever waits longest for it looks, and wakes the next one if that was not all. */
  #wake(queue: Queue): void {
    if (!this.#wakeHere(queue)) this.#parts.onUnserved(queue.name)
  }

  #wakeHere(queue: Queue): boolean {
    const poll = this.#queues.longestWaiting(queue.name, waiting => waiting.pending === 0)
    if (poll) this.#look(poll)
    return poll !== undefined
  }

  // ── Hand-off and news from commits ──

  /** The poll to lease an attempt of this queue to. Every reservation must be followed by `deliver` or `withdraw`. */
  reserve(name: QueueName): HeldPoll | undefined {
    const poll = this.#queues.longestWaiting(name, waiting => roomOf(waiting) > 0 && !waiting.isOver)
    if (!poll) return undefined
    poll.pending += 1
    if (roomOf(poll) === 0) poll.group.parked.delete(poll)
    return poll
  }

  deliver(poll: HeldPoll, work: Work): void {
    if (poll.state === 'answered') return this.#release(work, 0)
    poll.works.push(work)
    this.#settle(poll)
  }

  withdraw(poll: HeldPoll): void {
    this.#settle(poll)
  }

  #settle(poll: HeldPoll): void {
    poll.pending -= 1
    if (poll.state === 'answered') return
    // Once it has work nothing more is assigned to it (D1): it leaves the list, and what is under way is waited for.
    if (poll.works.length > 0) poll.group.parked.delete(poll)
    if (poll.pending > 0) return
    if (poll.works.length > 0 || poll.isOver) this.#finish(poll)
    else this.#look(poll)
  }

  /** A commit left something claimable in this queue. */
  stock(name: QueueName): void {
    this.#wake(this.#queues.stock(name))
  }

  /** Another server's commit did, and told us because it could not serve it. */
  stockedElsewhere(name: QueueName): void {
    this.#wakeHere(this.#queues.stock(name))
  }

  // ── Life ──

  /** All queues are looked at. */
  async start(): Promise<void> {
    await this.#restock()
  }

  async #restock(): Promise<void> {
    const { store, clock } = this.#parts
    const stocked = store.sharing
      ? await store.sharing.stocked(clock.now())
      : (await store.queueSizes(clock.now())).filter(({ ready }) => ready > 0).map(({ queue }) => queue)
    for (const queue of stocked) this.stockedElsewhere(queue)
  }

  /** The safety net: parked polls look at what the store says. */
  async sweep(): Promise<void> {
    if (this.#held > 0) await this.start()
  }

  /** Answers the held polls; work that is under way for them is still delivered. */
  stop(): void {
    this.#isStopping = true
    for (const group of [...this.#queues.groups()]) for (const poll of [...group.parked]) this.#give(poll, false)
  }
}

function isWork(answer: unknown): answer is Work {
  return typeof answer === 'object' && answer !== null && 'work' in answer
}
