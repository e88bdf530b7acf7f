/** What follows a task that has ended: its successors, another try, or the end of the execution (conductor-semantics.md §4). */
import { afterFailure, type Instant, type JsonObject, type Outcome, type RetryPolicy } from '@busbar/kernel'
import type { TaskDef } from '../definition/types.js'
import { ruleOf } from '../tasks/rules-by-type.js'
import { isUnsuccessful, workflowStatus } from '../wire/status.js'
import { isEffect } from '../queue.js'
import { nodeOf } from './book.js'
import type { Task } from './task.js'
import type { Draft } from './draft.js'
import { inputOf } from './input.js'
import { domainOf } from './domain.js'
import type { Turn } from './turn.js'
import type { Ending } from './ending.js'

export type AfterEnd =
  | { readonly kind: 'goOn' }
  /** The definition makes it optional. */
  | { readonly kind: 'tolerate' }
  | { readonly kind: 'retry'; readonly draft: Draft }
  | { readonly kind: 'end'; readonly ending: Ending }

export function afterEnd(turn: Turn, task: Task): AfterEnd {
  if (task.state.kind !== 'closed' || !isUnsuccessful(task.state.outcome)) return { kind: 'goOn' }
  const { outcome } = task.state
  const node = nodeOf(turn.view, task)
  const definition = node?.task.taskDefinition ?? null
  const policy = retryPolicy(node?.task.retryCount ?? null, definition)
  const isRetriable = outcome !== 'cancelled' && outcome !== 'failedFinally' && ruleOf(task.data.type).isBuiltIn !== true
  const next = afterFailure(policy, task.number, { retryable: isRetriable }, turn.now, turn.context.chance)
  if (next.kind === 'giveUp') {
    if (node?.task.optional) return { kind: 'tolerate' }
    if (node?.task.permissive) return { kind: 'goOn' }
    return { kind: 'end', ending: failureOf(task, outcome) }
  }
  const overdue = totalTimeout(turn, task, definition)
  if (overdue !== null) return { kind: 'end', ending: { ...failureOf(task, outcome), reason: overdue } }
  return { kind: 'retry', draft: retryDraft(turn, task, { delaySeconds: next.delayMs / 1000, delayMs: next.at - turn.now }) }
}

function retryPolicy(ofTask: number | null, definition: TaskDef | null): RetryPolicy {
  const kinds = { FIXED: 'fixed', LINEAR_BACKOFF: 'linear', EXPONENTIAL_BACKOFF: 'exponential' } as const
  return {
    // Only a task of a dynamic fork may have no definition; what it asks for itself does not count then.
    retriesMax: definition === null ? 0 : (ofTask ?? definition.retryCount),
    backoff: {
      kind: kinds[definition?.retryLogic ?? 'FIXED'],
      delayMs: (definition?.retryDelaySeconds ?? 0) * 1000,
      factor: definition?.backoffScaleFactor ?? 1,
      doublingsMax: 62,
      delayMsMax: (definition?.maxRetryDelaySeconds ?? 0) * 1000,
      jitterMsMax: definition?.backoffJitterMs ?? 0,
      jitterShareMax: 0,
    },
  }
}

/** The status of the execution after a task that failed it; the reason names that status, not the task's. */
export function failureOf(task: Task, outcome: Outcome): Ending {
  const status = outcome === 'cancelled' ? 'cancelled' : outcome === 'timedOut' ? 'timedOut' : 'failed'
  const reason = `Task ${task.id} failed with status: ${workflowStatus(status)} and reason: '${task.data.reason ?? 'null'}'`
  return { status, reason, failedBy: task, terminatedBy: null, startsFailureWorkflow: true }
}

function totalTimeout(turn: Turn, task: Task, definition: TaskDef | null): string | null {
  const limit = definition?.totalTimeoutSeconds ?? 0
  const elapsed = Math.floor((turn.now - (task.data.firstScheduledTime ?? task.openedAt)) / 1000)
  if (limit <= 0 || elapsed < limit) return null
  return `Task ${task.id}/${definition?.name ?? task.data.type} exceeded total timeout of ${limit} seconds (elapsed ${elapsed} seconds across all attempts). No further retries will be attempted.`
}

/** The next try: its input is the old one, overlaid with freshly evaluated parameters. */
export function retryDraft(turn: Turn, task: Task, delay: { readonly delaySeconds: number; readonly delayMs: number }): Draft {
  const node = nodeOf(turn.view, task)
  const { data } = task
  const before = data.inputPath === undefined ? data.input : turn.read(data.inputPath)
  const input: JsonObject = { ...before, ...(node && inputOf(turn, node, node.task.inputParameters)) }
  const isClaimed = task.queue !== null
  const isWorkers = isClaimed && !isEffect(task)
  const domain = isWorkers ? (domainOf(turn, data.type) ?? null) : null
  const startAt = !isClaimed && delay.delayMs > 0 && data.type === 'SUB_WORKFLOW' ? ((turn.now + delay.delayMs) as Instant) : null
  return {
    key: task.key,
    number: task.number + 1,
    node,
    data: {
      type: data.type,
      ...(data.name !== undefined && { name: data.name }),
      ...(Object.keys(input).length > 0 && { input }),
      ...(data.reason !== undefined && { reason: data.reason }),
      ...(data.suffix !== undefined && { suffix: data.suffix }),
      ...(data.iteration !== undefined && { iteration: data.iteration }),
      ...(domain !== null && { domain }),
      ...(delay.delaySeconds > 0 && { startDelay: delay.delaySeconds, callbackAfterSeconds: delay.delaySeconds }),
      ...(startAt !== null && { startAt }),
      retryOf: task.id,
      firstScheduledTime: data.firstScheduledTime ?? task.openedAt,
    },
    how: isWorkers ? 'worker' : isClaimed ? 'effect' : 'engine',
    queue: isWorkers ? null : task.queue,
    closed: null,
    delayMs: delay.delayMs,
    wakeAt: startAt,
  }
}
