import type { JsonObject } from '@busbar/kernel'
import type { Turn } from '../decide/turn.js'
import type { Task } from '../decide/task.js'
import { evaluateScript, type Evaluated } from '../script/evaluate-script.js'
import type { TaskRule } from '../decide/mapping.js'
import { scheduleWithInput } from './schedule-with-input.js'

/** Evaluates `expression`; its other inputs are visible to it. */
export const inline: TaskRule = {
  schedule: scheduleWithInput,
  look(turn, task) {
    const input = task.data.input ?? {}
    const evaluated = evaluateInline(turn, task, input)
    if (evaluated === null) return
    if (evaluated.ok) return turn.close(task, 'completed', { output: { result: evaluated.value } })
    turn.close(task, evaluated.why === 'timeout' ? 'failed' : 'failedFinally', { output: { error: evaluated.message }, reason: evaluated.message })
  },
}

function evaluateInline(turn: Turn, task: Task, input: JsonObject): Evaluated | null {
  const evaluator = String(input['evaluatorType'] ?? 'javascript')
  const expression = input['expression']
  if (typeof expression !== 'string' || expression.trim() === '') {
    return failed(`Empty 'expression' in Inline task's input parameters. A non-empty String value must be provided.`)
  }
  switch (evaluator) {
    case 'value-param':
      return { ok: true, value: input[expression] ?? null }
    case 'javascript':
    case 'graaljs':
      return evaluateScript(turn, `${task.id}:${task.fence}:expression`, expression, input)
    case 'python':
      return failed('The evaluator python is not built yet; use javascript')
    default:
      return failed(`Unknown evaluator '${evaluator}' in INLINE task.`)
  }
}

function failed(message: string): Evaluated {
  return { ok: false, why: 'error', message }
}
