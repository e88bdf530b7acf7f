import { evaluateScript } from '../script/evaluate-script.js'
import type { TaskRule } from '../decide/mapping.js'
import { scheduleWithInput } from './schedule-with-input.js'

/** The body of a function, deprecated in favour of INLINE. */
export const lambda: TaskRule = {
  schedule: scheduleWithInput,
  look(turn, task) {
    const input = task.data.input ?? {}
    const body = input['scriptExpression']
    if (typeof body !== 'string' || body === '') {
      const reason = `Empty 'scriptExpression' in Lambda task's input parameters. A non-empty String value must be provided.`
      return turn.close(task, 'failed', { output: { error: reason }, reason })
    }
    const evaluated = evaluateScript(turn, `${task.id}:${task.fence}:script`, `function scriptFun(){${body}} scriptFun();`, input)
    if (evaluated === null) return
    if (evaluated.ok) return turn.close(task, 'completed', { output: { result: evaluated.value } })
    turn.close(task, 'failed', { output: { error: evaluated.message }, reason: evaluated.message })
  },
}
