/**
 * Which queues may hold claimable attempts, and which polls serve them. Flags, not lists: 100,000 waiting attempts cost
 * nothing here.
 *
 * Q1. A queue that is not stocked (or not in the registry) has nothing to claim: a poll parks without asking the store.
 * Q2. `stock` comes after every commit that leaves a claimable attempt behind; `restocks` tells a claim that was
 *     answered empty whether something came while it was under way.
 */
import type { QueueName } from '@busbar/kernel'
import type { PollRequest } from './api.js'
import type { Group, HeldPoll, Queue } from './held-poll.js'

/** Queues in one claim; the others follow when these are empty. */
const queuesPerClaimMax = 200

export class Queues {
  readonly #queues = new Map<QueueName, Queue>()
  readonly #groups = new Map<string, Group>()
  /** Those of them that serve by a rule over names. */
  readonly #ruled = new Set<Group>()

  join(request: PollRequest): Group {
    const { queues } = request
    const key = 'key' in queues ? `rule:${queues.key}` : `names:${queues.length === 1 ? queues[0] : JSON.stringify([...queues].sort())}`
    let group = this.#groups.get(key)
    if (!group) {
      group = 'key' in queues ? this.#byRule(key, queues.serves) : this.#byName(key, queues)
      this.#groups.set(key, group)
    }
    group.polls += 1
    return group
  }

  leave(group: Group): void {
    group.polls -= 1
    if (group.polls > 0) return
    this.#groups.delete(group.key)
    this.#ruled.delete(group)
    for (const queue of group.queues) {
      queue.groups.delete(group)
      this.#forgetIfIdle(queue)
    }
  }

  stock(name: QueueName): Queue {
    const queue = this.#queue(name)
    queue.stocked = true
    queue.restocks += 1
    return queue
  }

  /** A claim that began when the queue had been restocked `restocks` times found nothing more. */
  emptied(queue: Queue, restocks: number): void {
    if (queue.restocks !== restocks) return
    queue.stocked = false
    this.#forgetIfIdle(queue)
  }

  stockedOf(group: Group): Queue[] {
    const stocked: Queue[] = []
    for (const queue of group.queues) {
      if (queue.stocked) stocked.push(queue)
      if (stocked.length >= queuesPerClaimMax) break
    }
    return stocked
  }

  /** The poll that waits longest of those that serve the queue and pass `fits`. */
  longestWaiting(name: QueueName, fits: (poll: HeldPoll) => boolean): HeldPoll | undefined {
    const queue = this.#queues.get(name) ?? (this.#ruled.size > 0 ? this.#queue(name) : undefined)
    if (!queue) return undefined
    let best: HeldPoll | undefined
    for (const group of queue.groups) {
      for (const poll of group.parked) {
        if (best && best.order < poll.order) break
        if (!fits(poll)) continue
        best = poll
        break
      }
    }
    if (queue.groups.size === 0) this.#forgetIfIdle(queue)
    return best
  }

  groups(): IterableIterator<Group> {
    return this.#groups.values()
  }

  #byRule(key: string, serves: (queue: QueueName) => boolean): Group {
    const group: Group = { key, serves, queues: new Set(), parked: new Set(), latestParked: -1, polls: 0 }
    for (const queue of this.#queues.values()) if (serves(queue.name)) link(group, queue)
    this.#ruled.add(group)
    return group
  }

  #byName(key: string, names: readonly QueueName[]): Group {
    const group: Group = { key, serves: null, queues: new Set(), parked: new Set(), latestParked: -1, polls: 0 }
    for (const name of names) link(group, this.#queue(name))
    return group
  }

  #queue(name: QueueName): Queue {
    let queue = this.#queues.get(name)
    if (queue) return queue
    queue = { name, stocked: false, restocks: 0, groups: new Set() }
    this.#queues.set(name, queue)
    for (const group of this.#ruled) if (group.serves?.(name)) link(group, queue)
    return queue
  }

  #forgetIfIdle(queue: Queue): void {
    if (queue.groups.size === 0 && !queue.stocked) this.#queues.delete(queue.name)
  }
}

function link(group: Group, queue: Queue): void {
  group.queues.add(queue)
  queue.groups.add(group)
}
