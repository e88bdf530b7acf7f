/**
 * A loop. Its task stays open while its body runs; the tasks of iteration n have the suffix `__n`, those of a loop in
 * a loop one more. An iteration is over when none of its tasks is live and every task of the body has ended.
 *
 *   iteration 0 ─► advance ─► begin(n) ─► … ─► isOver(n) ─► condition ─► advance | completed
 */
import type { Json, JsonObject } from '@busbar/kernel'
import type { Task } from '../decide/task.js'
import { forgetIterations } from '../decide/forget-iterations.js'
import { evaluate, inputOf } from '../decide/input.js'
import type { Mapping, TaskRule } from '../decide/mapping.js'
import { keptIterations, lazyLoopOutput, outputOf } from '../decide/output.js'
import type { Turn } from '../decide/turn.js'
import type { Node } from '../plan.js'
import { type Evaluated, evaluateScript } from '../script/evaluate-script.js'

export const doWhile: TaskRule = {
  isBuiltIn: true,
  schedule(mapping, place) {
    const { task } = place.node
    mapping.add(place, { type: 'DO_WHILE', name: task.name, input: mapping.input(place.node), how: 'engine', more: { iteration: 0 } })
  },
  look(turn, task, node, mapping) {
    const current = task.data.iteration ?? 0
    if (node.task.loopOver.length === 0) return turn.close(task, 'completed', {})
    const items = itemsOf(turn, task, node)
    if (turn.isBlind) return
    if (current === 0) return items?.length === 0 ? turn.close(task, 'completed', { shown: 0 }) : advance(mapping, task, node, items)
    if (!hasBegun(turn, task, node)) return begin(mapping, task, node)
    if (!isOver(turn, task, node)) return
    const goesOn = shallGoOn(turn, task, node, items)
    if (goesOn === null) return
    if (!goesOn.ok) {
      const reason = `Unable to evaluate condition ${node.task.loopCondition}, exception ${goesOn.message}`
      return turn.close(task, 'failedFinally', { reason })
    }
    if (goesOn.value) return advance(mapping, task, node, items)
    turn.close(task, 'completed', {})
  },
}

/** Read anew in each round: the list may have grown. Null: the loop has none. What is no list is one item; the value null is none. */
function itemsOf(turn: Turn, task: Task, { task: { items } }: Node): readonly Json[] | null {
  const list = items === null ? task.data.input?.['_items'] : evaluate(turn, items)
  if (list === undefined) return null
  if (list === null) return []
  return Array.isArray(list) ? list : [list]
}

function advance(mapping: Mapping, task: Task, node: Node, items: readonly Json[] | null): void {
  const { turn } = mapping
  const done = task.data.iteration ?? 0
  turn.amend(task, { iteration: done + 1, ...(items !== null && { item: items[done] ?? null }) })
  const fresh = turn.view.attempt(task.ordinal)
  if (fresh !== undefined) begin(mapping, fresh, node)
}

/** Opens the first task of the newest iteration; a question leaves it for the next look. */
function begin(mapping: Mapping, task: Task, node: Node): void {
  const { turn } = mapping
  const { unanswered } = turn
  mapping.scheduleFrom(node.task.loopOver[0]?.taskReferenceName ?? null, bodySuffix(task))
  if (turn.unanswered > unanswered) return
  if (mapping.ending !== null) turn.book.ending = mapping.ending
  for (const draft of mapping.drafts) turn.open(draft)
  const keep = keptIterations(task)
  if (keep !== null) forgetIterations(turn, task, (task.data.iteration ?? 0) - keep)
}

function bodySuffix(task: Task): string {
  return `${task.data.suffix ?? ''}__${task.data.iteration ?? 0}`
}

function hasBegun(turn: Turn, task: Task, node: Node): boolean {
  const suffix = bodySuffix(task)
  return node.task.loopOver.some(one => turn.view.newest((one.taskReferenceName + suffix) as Task['key']) !== undefined)
}

function isOver(turn: Turn, task: Task, node: Node): boolean {
  if ((turn.book.live.get(task.key) ?? 0) > 0) return false
  const suffix = bodySuffix(task)
  return node.task.loopOver.every(one => {
    const { view } = turn
    const last = view.newest((one.taskReferenceName + suffix) as Task['key']) ?? view.newest(one.taskReferenceName as Task['key'])
    return last?.state.kind === 'closed'
  })
}

// ── The condition ──

type GoesOn = { readonly ok: true; readonly value: boolean } | { readonly ok: false; readonly message: string }

function shallGoOn(turn: Turn, task: Task, node: Node, items: readonly Json[] | null): GoesOn | null {
  const { iteration = 0 } = task.data
  if (items !== null && iteration >= items.length) return { ok: true, value: false }
  const condition = node.task.loopCondition
  if (condition === null || condition.trim() === '') return { ok: true, value: items !== null }
  const evaluated = evaluateScript(turn, `${task.id}:condition:${iteration}`, condition, conditionInput(turn, task, node))
  return evaluated && goesOnOf(evaluated)
}

function goesOnOf(evaluated: Evaluated): GoesOn {
  if (!evaluated.ok) return evaluated
  const { value } = evaluated
  return { ok: true, value: typeof value === 'boolean' ? value : typeof value === 'number' && value > 0 }
}

/** The loop's input as it would be now, its output, and the newest output of every task of its body. What the task shows stays what it began with. */
function conditionInput(turn: Turn, task: Task, node: Node): JsonObject {
  const { view } = turn
  const { item, iteration = 0 } = task.data
  const output = lazyLoopOutput(view, task, turn.read, iteration)
  const input: Record<string, Json | undefined> = { ...inputOf(turn, node, node.task.inputParameters), [node.ref]: output }
  if (task.key !== node.ref) input[task.key] = output
  if (item !== undefined) Object.assign(input, { loopIndex: iteration - 1, loopItem: item })
  const suffix = bodySuffix(task)
  for (const ref of node.body) {
    const last = view.newest((ref + suffix) as Task['key'])
    if (last !== undefined) input[ref] = outputOf(view, last, turn.read)
  }
  return input
}
