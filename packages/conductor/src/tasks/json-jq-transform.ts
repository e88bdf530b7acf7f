import type { TaskRule } from '../decide/mapping.js'
import { scheduleWithInput } from './schedule-with-input.js'

/** Runs a jq program over its whole input. */
export const jsonJqTransform: TaskRule = {
  schedule: scheduleWithInput,
  look(turn, task) {
    const input = task.data.input ?? {}
    const program = input['queryExpression']
    if (typeof program !== 'string' || program === '') return turn.close(task, 'failed', { reason: `Missing 'queryExpression' in input parameters` })
    const answer = turn.answer({ key: `${task.id}:${task.fence}:jq`, kind: 'evaluate', language: 'jq', code: program, input })
    if (answer === null) return
    if (!answer.ok) return turn.close(task, 'failed', { output: { error: answer.message }, reason: answer.message })
    const resultList = Array.isArray(answer.value) ? answer.value : []
    turn.close(task, 'completed', { output: { result: resultList[0] ?? null, resultList } })
  },
}
