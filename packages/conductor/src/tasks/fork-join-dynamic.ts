import { isRefusal, type Json, type JsonObject } from '@busbar/kernel'
import { planOf } from '../decide/book.js'
import type { Task } from '../decide/task.js'
import type { Place } from '../decide/draft.js'
import { draftOf } from '../decide/draft.js'
import type { Mapping, TaskRule } from '../decide/mapping.js'
import { compileBranch, type Node } from '../plan.js'
import { everyTask } from '../definition/every-task.js'
import { workflowTaskToWire } from '../definition/to-wire.js'
import { parseTaskDef } from '../definition/parse-task-def.js'
import type { WorkflowTask } from '../definition/types.js'
import { branchesOf } from './dynamic-branches.js'
import { isUnsupportedType } from './engine-types.js'

/** Makes its branches at run time. The FORK keeps their definitions, so that they are known again after a restart. */
export const forkJoinDynamic: TaskRule = {
  isBuiltIn: true,
  schedule(mapping, place) {
    const { node, suffix } = place
    const input = mapping.input(node)
    const branches = branchesOf(node, input, mapping.turn.book.hasDynamicFork)
    if ('error' in branches) return mapping.fail(branches.error)
    const problem = problemOf(mapping, branches.tasks, suffix)
    if (problem !== null) return mapping.fail(problem)
    const join = mapping.joinAfter(place)
    if (join === null) return mapping.fail('Dynamic join definition is not followed by a join task.  Check the workflow definition.')
    const tasks = withTaskDefs(mapping, branches.tasks)
    if (tasks === null) return
    scheduleAll(mapping, place, { input, tasks, join, names: branches.tasks.map(task => task.taskReferenceName) })
  },
}

interface Fork {
  readonly input: JsonObject
  readonly tasks: readonly WorkflowTask[]
  readonly join: Node
  readonly names: readonly string[]
}

function scheduleAll(mapping: Mapping, place: Place, { input, tasks, join, names }: Fork): void {
  const { node, suffix } = place
  const unique = [...new Map(tasks.map(task => [task.taskReferenceName, task])).values()]
  const forked = { forkedTasks: names, forkedTaskDefs: unique.map(task => workflowTaskToWire(task)) }
  mapping.add(place, { type: 'FORK', input: { ...input, ...forked }, how: 'engine', closed: 'completed', more: { executed: true } })
  const nodes = new Map<string, Node>()
  for (const task of unique) compileBranch(nodes, task, { after: node.sibling, loop: node.loop })
  mapping.learn(nodes)
  const lastOf = new Map<string, string>()
  for (const { taskReferenceName: name } of unique) {
    const branch = nodes.get(name)
    if (branch !== undefined) mapping.schedule({ node: branch, suffix })
    lastOf.set(name, mapping.drafts.at(-1)?.node?.ref ?? name)
  }
  const joinOn = names.map(name => lastOf.get(name) ?? name)
  mapping.push(draftOf({ node: join, suffix }, { type: 'JOIN', input: { ...join.task.inputParameters, joinOn }, how: 'engine' }))
}

function problemOf(mapping: Mapping, tasks: readonly WorkflowTask[], suffix: string): string | null {
  const { view } = mapping.turn
  for (const task of tasks) {
    if (isUnsupportedType(task.type)) return `The task type ${task.type} of the dynamically forked task ${task.taskReferenceName} is not built yet`
    if (view.newest((task.taskReferenceName + suffix) as Task['key']) === undefined) continue
    const { def } = planOf(view)
    return `No dynamic tasks could be created for the Workflow: ${def.name}.${def.version}/${view.id}, Dynamic Fork Task: ${task.name}/${task.taskReferenceName} attempted to create a duplicate task reference name: ${task.taskReferenceName}`
  }
  return null
}

/** Looks up the task definitions of the branches by name; what is not registered is not retried. Null: they must be asked for. */
function withTaskDefs(mapping: Mapping, tasks: readonly WorkflowTask[]): WorkflowTask[] | null {
  const found = new Map<string, WorkflowTask['taskDefinition']>()
  let isComplete = true
  for (const { name, taskDefinition } of everyTask(tasks)) {
    if (taskDefinition !== null || found.has(name)) continue
    const answer = mapping.turn.answer({ key: `task:${name}`, kind: 'definition', of: 'task', namespace: '', name, version: null })
    if (answer === null) isComplete = false
    found.set(name, answer?.ok && answer.value !== null ? definitionOf(answer.value) : null)
  }
  return isComplete ? tasks.map(task => embed(task, found)) : null
}

function embed(task: WorkflowTask, found: ReadonlyMap<string, WorkflowTask['taskDefinition']>): WorkflowTask {
  const all = (list: readonly WorkflowTask[]) => list.map(one => embed(one, found))
  return {
    ...task,
    decisionCases: new Map([...task.decisionCases].map(([name, list]) => [name, all(list)])),
    defaultCase: all(task.defaultCase),
    forkTasks: task.forkTasks.map(all),
    loopOver: all(task.loopOver),
    taskDefinition: task.taskDefinition ?? found.get(task.name) ?? null,
  }
}

function definitionOf(json: Json): WorkflowTask['taskDefinition'] {
  const definition = parseTaskDef(json)
  return isRefusal(definition) ? null : definition
}
