import type { JsonObject } from '@busbar/kernel'
import { type Evaluated, evaluateScript, textOf } from '../script/evaluate-script.js'
import type { Mapping, TaskRule } from '../decide/mapping.js'
import type { Place } from '../decide/draft.js'

/** Chooses a branch; its first task is scheduled together with the SWITCH. */
export const switchTask: TaskRule = {
  isBuiltIn: true,
  schedule(mapping, place) {
    const { node, suffix } = place
    const { task } = node
    const input = mapping.input(node)
    const chosen = choose(mapping, place, input)
    if (chosen === null) return
    if (!chosen.ok) {
      return mapping.add(place, { type: 'SWITCH', input, how: 'engine', closed: 'failed', more: { reason: chosen.message } })
    }
    const text = textOf(chosen.value)
    const branch = task.decisionCases.get(text) ?? task.defaultCase
    const first = branch[0]
    const output = { evaluationResult: [text], selectedCase: text }
    const more: JsonObject = first === undefined ? { case: text } : { case: text, hasChildren: 'true' }
    mapping.add(place, { type: 'SWITCH', input: { ...input, ...more }, output, how: 'engine', closed: 'completed' })
    mapping.scheduleFrom(first?.taskReferenceName ?? null, suffix)
  },
}

function choose(mapping: Mapping, { node, suffix }: Place, input: JsonObject): Evaluated | null {
  const { evaluatorType, expression } = node.task
  switch (evaluatorType) {
    case 'value-param':
      return { ok: true, value: input[expression ?? ''] ?? null }
    case 'javascript':
    case 'graaljs':
      return evaluateScript(mapping.turn, `${mapping.turn.view.id}:${node.ref}${suffix}:case`, expression ?? '', input)
    default:
      mapping.fail(`No evaluator registered for type: ${evaluatorType ?? 'null'}`)
      return null
  }
}
