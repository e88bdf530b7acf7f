import { attemptIdOf } from '@busbar/kernel'
import type { Draft } from '../decide/draft.js'
import type { Turn } from '../decide/turn.js'
import { taskInputProblem } from '../schema/enforce.js'
import { store, taskLimits, tooLargeForTask } from './outside.js'

/**
 * The draft as it may be opened: a large input of a worker's task stands outside, one that is too large fails the task. Inputs
 * of the engine's own tasks stay where the engine needs them.
 */
export function withStoredInput(turn: Turn, draft: Draft): Draft {
  const { input } = draft.data
  if (input === undefined || draft.closed !== null || turn.isBlind) return draft
  const { view, settings } = turn
  const limits = taskLimits(settings.payloads)
  const { outsideAbove, max } = draft.how === 'worker' ? limits : { outsideAbove: limits.max, max: limits.max }
  const name = `${view.id}:${draft.key}:${draft.number}:input`
  const stored = store({ execution: view.id, name, value: input }, { outsideAbove, max }, ask => turn.answer(ask))
  if (stored.kind === 'here' || stored.kind === 'asked') return draft
  const { input: _, ...data } = draft.data
  if (stored.kind === 'tooLarge') {
    const id = attemptIdOf(view.id, view.lastOrdinal + 1)
    return { ...draft, closed: 'failedFinally', data: { ...data, reason: tooLargeForTask(id, view.id, stored) } }
  }
  const unfit = taskInputProblem(draft.node?.task.taskDefinition ?? null, input)
  if (unfit !== null) return { ...draft, closed: 'failedFinally', data: { ...data, reason: unfit } }
  return { ...draft, data: { ...data, ...(stored.kind === 'outside' && { inputPath: stored.path }) } }
}
