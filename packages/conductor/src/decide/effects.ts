/**
 * What is done outside by the engine's own workers, as a decision sees it.
 *
 *   waiting ──claim──► leased ──effectEnded──► closed
 *      ▲                  │   └──effectEnded, asyncComplete──► leased without end ──update from outside──► closed
 *      └─takeBackEffect, effectReturned─┘
 *
 * E1. It may be done twice: when the server that did it died before it could say so. It is never done by two at once
 *     that both keep their lease.
 * E2. A result counts only with the fence of its lease.
 */
import { isEffect } from '../queue.js'
import type { Task } from './task.js'
import type { Turn } from './turn.js'

/** A request that ends its server again and again must not go round for ever. */
const claimsMax = 10

/** The lease is over without news: somebody else does it. True: that, or the end of a message without handler, is all there is to say. */
export function takeBackEffect(turn: Turn, task: Task): boolean {
  const { state, data, wakeAt } = task
  if (data.type === 'EVENT_MESSAGE' && state.kind === 'waiting' && wakeAt !== null && wakeAt <= turn.now) {
    turn.close(task, 'cancelled', { reason: 'No handler of its event was there in time' })
    return true
  }
  if (state.kind !== 'leased' || state.until === null || state.until > turn.now) return false
  if (data.sent === true) {
    turn.view.extend(task.ordinal, null, turn.now)
    return false
  }
  giveBack(turn, task)
  return true
}

/** It waits for another server, unless too many have tried. */
export function giveBack(turn: Turn, task: Task): void {
  if (task.claims < claimsMax) turn.view.postpone(task.ordinal, turn.now, turn.now)
  else turn.close(task, 'failed', { reason: `No server could finish this task: it was begun ${task.claims} times` })
}

/** Whether a task that did its work outside waits for an update: its own input says so, else the definition. */
export function awaitsUpdate(task: Task, ofDefinition: boolean): boolean {
  const given = task.data.input?.['asyncComplete']
  return given === undefined ? ofDefinition : given === true
}

export function isUnderWay(task: Task | undefined, fence: number): task is Task {
  return task !== undefined && isEffect(task) && task.state.kind === 'leased' && task.fence === fence && task.data.sent !== true
}
