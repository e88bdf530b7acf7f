/** What servers on one memory store do for each other, and how they hear of each other. */
import type { Instant, QueueName } from '@busbar/kernel'
import { pollsMax, surveyedMessagesMax } from '../limits.js'
import type { Heard, KnownExecution, News, PollSign, Sharing, Survey } from '../sharing.js'
import type { DueExecution, LoadedExecution, StoredWorker } from '../store.js'
import { waitingSince } from './memory-attempts.js'
import { due, loadChanges, nextDue } from './memory-executions.js'
import { copyOf, jsonCopyOf, type MemoryState } from './memory-state.js'

/** How a server's share of the port gets to the durable state: in its flushes, as every other call. */
export interface Access {
  read<Result>(run: (state: MemoryState) => Result): Promise<Result>
  write<Result>(run: (state: MemoryState) => Result): Promise<Result>
}

export interface ShareOptions {
  readonly now: () => Instant
  readonly schedule: (callback: () => void) => void
  /** Whether the next hint to the next server is lost. */
  readonly lose: () => boolean
}

/** All servers on one durable state, in the order in which they came. */
export class Air {
  readonly #members = new Set<Member>()

  join(member: Member): () => void {
    this.#members.add(member)
    return () => void this.#members.delete(member)
  }

  /** The others, as they are now. */
  besides(member: Member): readonly Member[] {
    return [...this.#members].filter(other => other !== member)
  }
}

export interface Member {
  hear(heard: Heard): void
}

export class MemorySharing implements Sharing {
  readonly #access: Access
  readonly #options: ShareOptions
  readonly #air: Air
  readonly #leave: () => void
  #isOver = false
  readonly #listeners = new Set<(heard: Heard) => void>()
  readonly #member: Member = {
    hear: heard => {
      for (const listener of [...this.#listeners]) listener(heard)
    },
  }

  constructor(access: Access, options: ShareOptions, air: Air) {
    this.#access = access
    this.#options = options
    this.#air = air
    this.#leave = air.join(this.#member)
  }

  /** A server that is gone tells nothing and hears nothing, not even what is on its way. */
  end(): void {
    this.#isOver = true
    this.#leave()
    this.#listeners.clear()
  }

  /** As if the connection that carries hints broke and came back. */
  breakConnection(): void {
    this.#options.schedule(() => this.#member.hear({ kind: 'lost' }))
  }

  clock(): Promise<Instant> {
    return this.#access.read(() => this.#options.now())
  }

  tell(news: News): void {
    if (this.#isOver) return
    const { schedule, lose } = this.#options
    const heard: Heard = { kind: 'news', news: jsonCopyOf(news) }
    for (const other of this.#air.besides(this.#member)) if (!lose()) schedule(() => other.hear(heard))
  }

  hear(listener: (heard: Heard) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  survey(now: Instant, leftAfterMs: number): Promise<Survey> {
    const leftBefore = (now - leftAfterMs) as Instant
    return this.#access.read(state => ({
      nextDue: nextDue(state),
      stocked: [...state.waiting.keys()].filter(queue => waitingSince(state, queue, leftBefore)).sort(),
      messages: [...state.messages.values()]
        .filter(({ sentAt }) => sentAt <= leftBefore)
        .slice(0, surveyedMessagesMax)
        .map(({ message }) => copyOf(message)),
    }))
  }

  stocked(now: Instant): Promise<readonly QueueName[]> {
    return this.#access.read(state => [...state.waiting.keys()].filter(queue => waitingSince(state, queue, now)).sort())
  }

  takeDue(now: Instant, until: Instant, limit: number): Promise<readonly DueExecution[]> {
    return this.#access.write(state => {
      const taken = due(state, now, limit)
      for (const { id } of taken) {
        const row = state.executions.get(id)
        if (row) row.due = until
      }
      return taken
    })
  }

  loadChanges(known: KnownExecution): Promise<LoadedExecution | 'reworked' | null> {
    return this.#access.read(state => loadChanges(state, known))
  }

  definitionsEpoch(): Promise<number> {
    return this.#access.read(state => state.definitionsEpoch)
  }

  putPolls(polls: readonly PollSign[]): Promise<void> {
    return this.#access.write(state => putPolls(state, polls))
  }

  polls(queues: readonly string[] | null, limit: number): Promise<readonly PollSign[]> {
    return this.#access.read(state => {
      const wanted = [...state.polls.values()].filter(({ queue }) => queues === null || queues.includes(queue))
      return copyOf(wanted.sort(latestFirst).slice(0, limit))
    })
  }

  workersSince(at: Instant, limit: number): Promise<readonly StoredWorker[]> {
    return this.#access.read(state => {
      const seen = [...state.workers.values()].filter(({ lastSeen }) => lastSeen >= at)
      return copyOf(seen.sort((a, b) => b.lastSeen - a.lastSeen || (a.id < b.id ? -1 : 1)).slice(0, limit))
    })
  }
}

function putPolls(state: MemoryState, polls: readonly PollSign[]): void {
  for (const poll of polls) {
    const key = JSON.stringify([poll.queue, poll.worker])
    const known = state.polls.get(key)
    if (!known || known.at < poll.at) state.polls.set(key, { ...poll })
  }
  if (state.polls.size <= pollsMax) return
  const kept = [...state.polls].sort(([, a], [, b]) => latestFirst(a, b)).slice(0, pollsMax)
  state.polls.clear()
  for (const [key, poll] of kept) state.polls.set(key, poll)
}

function latestFirst(a: PollSign, b: PollSign): number {
  return b.at - a.at || (a.queue === b.queue ? (a.worker < b.worker ? -1 : 1) : a.queue < b.queue ? -1 : 1)
}
