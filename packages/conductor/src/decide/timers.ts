/** When somebody must look at a worker task: its lease from a claim on, and the limits counted from its opening (conductor-semantics.md §5). */
import type { Instant } from '@busbar/kernel'
import type { TaskDef } from '../definition/types.js'
import type { TaskData } from '../types.js'

export interface Timers {
  /** From a claim on: the response time-out, or the time-out of one attempt if that is earlier. */
  readonly leaseMs: number | null
  readonly wakeAt: Instant | null
}

export function timersOf(definition: TaskDef | null, data: TaskData, now: Instant): Timers {
  if (definition === null) return { leaseMs: null, wakeAt: null }
  const limits: number[] = []
  if (definition.responseTimeoutSeconds > 0) limits.push(definition.responseTimeoutSeconds)
  if (definition.timeoutSeconds > 0 && definition.timeoutPolicy !== 'ALERT_ONLY') limits.push(definition.timeoutSeconds)
  const leaseMs = limits.length === 0 ? null : Math.min(...limits) * 1000
  return { leaseMs, wakeAt: openLimit(definition, data, now) }
}

/** How long an effect may be without a sign of life of the server that does it; then another one does it again. */
const effectLeaseMs = 30_000

export function effectTimersOf(definition: TaskDef | null, data: TaskData, now: Instant): Timers {
  const { leaseMs, wakeAt } = timersOf(definition, data, now)
  // What waits is looked at as often as its lease would end, and messages may wait long for a handler: who takes them looks after them.
  if (data.type === 'EVENT_MESSAGE') return { leaseMs: null, wakeAt }
  return { leaseMs: Math.min(leaseMs ?? effectLeaseMs, effectLeaseMs), wakeAt }
}

/** The poll and total time-outs of a task opened at `now`. */
function openLimit(definition: TaskDef, data: TaskData, now: Instant): Instant | null {
  if (definition.timeoutPolicy === 'ALERT_ONLY') return null
  const delays = (data.startDelay ?? 0) + (data.callbackAfterSeconds ?? 0)
  const poll = definition.pollTimeoutSeconds ? now + (definition.pollTimeoutSeconds + delays) * 1000 : Number.POSITIVE_INFINITY
  const total = definition.totalTimeoutSeconds > 0 ? (data.firstScheduledTime ?? now) + definition.totalTimeoutSeconds * 1000 : Number.POSITIVE_INFINITY
  const first = Math.min(poll, total)
  return Number.isFinite(first) ? (first as Instant) : null
}
