/**
 * A definition, compiled: every task by its reference name, with what follows it (conductor-semantics.md §3.2).
 * Built once per definition and shared by all its executions, so deciding never searches the definition.
 */
import type { JsonObject } from '@busbar/kernel'
import type { WorkflowDef, WorkflowTask } from './definition/types.js'
import { workflowDefToWire, workflowTaskToWire, taskDefToWire } from './definition/to-wire.js'

export interface Node {
  readonly ref: string
  readonly task: WorkflowTask
  /** The reference name of what follows; null: nothing does, or the end of a loop's body. */
  readonly next: string | null
  /** The innermost loop whose body holds it. */
  readonly loop: Node | null
  readonly isTopLevel: boolean
  /** The next task in the same list, whatever it is. */
  readonly sibling: string | null
  /** Of a loop: all tasks of its body, those in branches too, those of inner loops not. */
  readonly body: readonly string[]
}

export interface Plan {
  readonly def: WorkflowDef
  readonly nodes: ReadonlyMap<string, Node>
  readonly top: readonly Node[]
}

export function compilePlan(def: WorkflowDef): Plan {
  const nodes = new Map<string, Node>()
  addList(nodes, def.tasks, { after: null, loop: null, isTopLevel: true, body: [] })
  const top = def.tasks.flatMap(task => nodes.get(task.taskReferenceName) ?? [])
  return { def, nodes, top }
}

/** The nodes of tasks that were made at run time: the branches of a dynamic fork. They end at `after`. */
export function compileBranch(nodes: Map<string, Node>, task: WorkflowTask, place: { readonly after: string | null; readonly loop: Node | null }): void {
  addList(nodes, [task], { ...place, isTopLevel: false, body: [] })
}

interface ListPlace {
  /** What follows the end of the list. */
  readonly after: string | null
  readonly loop: Node | null
  readonly isTopLevel: boolean
  /** Collects the names of the enclosing body. */
  readonly body: string[]
}

function addList(nodes: Map<string, Node>, tasks: readonly WorkflowTask[], place: ListPlace): void {
  tasks.forEach((task, index) => {
    const sibling = tasks[index + 1]?.taskReferenceName ?? null
    const next = task.type === 'TERMINATE' ? null : (sibling ?? place.after)
    const body: string[] = []
    const node: Node = { ref: task.taskReferenceName, task, next, loop: place.loop, isTopLevel: place.isTopLevel, sibling, body }
    nodes.set(node.ref, node)
    place.body.push(node.ref)
    for (const list of [...task.decisionCases.values(), task.defaultCase, ...task.forkTasks]) {
      addList(nodes, list, { after: node.next, loop: node.loop, isTopLevel: false, body: place.body })
    }
    addList(nodes, task.loopOver, { after: null, loop: node, isTopLevel: false, body })
  })
}

// ── Its JSON, made once ──

const definitions = new WeakMap<Plan, JsonObject>()
const tasks = new WeakMap<WorkflowTask, { readonly task: JsonObject; readonly definition: JsonObject | null }>()

export function definitionJson(plan: Plan): JsonObject {
  const known = definitions.get(plan)
  if (known !== undefined) return known
  const json = workflowDefToWire(plan.def)
  definitions.set(plan, json)
  return json
}

/** The task of the definition and its task definition, as the wire shows them inside every task. */
export function taskJson(task: WorkflowTask): { readonly task: JsonObject; readonly definition: JsonObject | null } {
  let json = tasks.get(task)
  if (json === undefined) {
    json = { task: workflowTaskToWire(task), definition: task.taskDefinition && taskDefToWire(task.taskDefinition) }
    tasks.set(task, json)
  }
  return json
}
