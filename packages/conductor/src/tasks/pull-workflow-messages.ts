import type { JsonObject } from '@busbar/kernel'
import type { TaskRule } from '../decide/mapping.js'
import type { QueuedMessage } from '../types.js'
import { scheduleWithInput } from './schedule-with-input.js'

const batchMax = 100

/** Takes messages that were pushed to the workflow, oldest first; waits for the first one unless it may not. */
export const pullWorkflowMessages: TaskRule = {
  schedule: scheduleWithInput,
  look(turn, task) {
    const { view } = turn
    const { messages = [], ...state } = view.state
    const input = task.data.input ?? {}
    if (messages.length === 0) {
      if (input['blocking'] === false || input['blocking'] === 'false') turn.close(task, 'completed', { output: outputOf(view.id, []) })
      return
    }
    const count = batchOf(input)
    const rest = messages.slice(count)
    view.setState(rest.length === 0 ? state : { ...state, messages: rest })
    turn.close(task, 'completed', { output: outputOf(view.id, messages.slice(0, count)) })
  },
}

function batchOf(input: JsonObject): number {
  const batch = Number(input['batchSize'] ?? 1)
  return Number.isFinite(batch) ? Math.max(1, Math.min(Math.floor(batch), batchMax)) : 1
}

function outputOf(workflowId: string, messages: readonly QueuedMessage[]): JsonObject {
  const shown = messages.map(({ id, payload, receivedAt }) => ({ id, workflowId, payload, receivedAt: new Date(receivedAt).toISOString() }))
  return { messages: shown, count: shown.length }
}
