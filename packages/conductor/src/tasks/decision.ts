import type { Json } from '@busbar/kernel'
import { evaluateScript, textOf } from '../script/evaluate-script.js'
import type { Mapping, TaskRule } from '../decide/mapping.js'
import type { Place } from '../decide/draft.js'

/** The deprecated SWITCH: an empty case falls back to the default one, and its input is not kept. */
export const decision: TaskRule = {
  isBuiltIn: true,
  schedule(mapping, place) {
    const { node, suffix } = place
    const { task } = node
    const value = choose(mapping, place)
    if (value === undefined) return
    const text = textOf(value)
    const matching = task.decisionCases.get(text) ?? []
    const first = (matching.length > 0 ? matching : task.defaultCase)[0]
    const input = first === undefined ? { case: text } : { case: text, hasChildren: 'true' }
    mapping.add(place, { type: 'DECISION', input, output: { caseOutput: [text] }, how: 'engine', closed: 'completed' })
    mapping.scheduleFrom(first?.taskReferenceName ?? null, suffix)
  },
}

/** Undefined: it must be evaluated first, or cannot be. */
function choose(mapping: Mapping, { node, suffix }: Place): Json | undefined {
  const { caseExpression, caseValueParam } = node.task
  const input = mapping.input(node)
  if (caseExpression === null || caseExpression === '') return input[caseValueParam ?? ''] ?? null
  const { view } = mapping.turn
  const evaluated = evaluateScript(mapping.turn, `${view.id}:${node.ref}${suffix}:case`, caseExpression, input)
  if (evaluated === null) return undefined
  if (evaluated.ok) return evaluated.value
  mapping.fail(`Error while evaluating script: ${caseExpression}`)
  return undefined
}
