import { isRefusal, type Json, type JsonObject } from '@busbar/kernel'
import { describe, expect, it } from 'vitest'
import { everyTask } from './every-task.js'
import { parseTaskDef } from './parse-task-def.js'
import { parseWorkflowDef } from './parse-workflow-def.js'
import { childrenToPin, parseSnapshot, pinChildren, snapshotOf, taskNames, withTaskDefs } from './snapshot.js'
import type { TaskDef, WorkflowDef } from './types.js'

function defOf(...tasks: readonly JsonObject[]): WorkflowDef {
  const def = parseWorkflowDef({ name: 'w', tasks })
  if (isRefusal(def)) throw new Error(def.message)
  return def
}

function taskDef(json: Json): TaskDef {
  const def = parseTaskDef(json)
  if (isRefusal(def)) throw new Error(def.message)
  return def
}

const task = (name: string, rest: JsonObject = {}): JsonObject => ({ name, taskReferenceName: name, ...rest })

const everywhere = defOf(
  task('top'),
  task('switch', { type: 'SWITCH', decisionCases: { x: [task('case')] }, defaultCase: [task('default')] }),
  task('fork', { type: 'FORK_JOIN', forkTasks: [[task('left')], [task('right', { type: 'HTTP' })]] }),
  task('loop', { type: 'DO_WHILE', loopOver: [task('body'), task('top', { taskReferenceName: 'again' })] }),
  task('sub', { type: 'SUB_WORKFLOW', subWorkflowParam: { workflowDefinition: { name: 'child', tasks: [task('hidden')] } } }),
  task('inline', { taskDefinition: { name: 'inline', retryCount: 9 } }),
)

describe('a snapshot', () => {
  it('asks for each name once, but not for those in sub-workflows or with an inline definition', () => {
    expect(taskNames(everywhere)).toEqual(['top', 'switch', 'case', 'default', 'fork', 'left', 'right', 'loop', 'body', 'sub'])
  })

  it('has a task definition in every task, whatever its type', () => {
    const stored = new Map([
      ['case', taskDef({ name: 'case', retryCount: 7 })],
      ['right', taskDef({ name: 'right', retryCount: 5 })],
      ['inline', taskDef({ name: 'inline', retryCount: 1 })],
    ])
    const def = parseSnapshot(snapshotOf(everywhere, stored))
    const retries = Array.from(everyTask(def.tasks), each => [each.taskReferenceName, each.taskDefinition?.name, each.taskDefinition?.retryCount])
    expect(retries).toEqual([
      ['top', 'top', 3],
      ['switch', 'switch', 0],
      ['case', 'case', 7],
      ['default', 'default', 3],
      ['fork', 'fork', 0],
      ['left', 'left', 3],
      ['right', 'right', 5],
      ['loop', 'loop', 0],
      ['body', 'body', 3],
      ['again', 'top', 3],
      ['sub', 'sub', 0],
      ['inline', 'inline', 9],
    ])
  })

  it('leaves the definitions of sub-workflows as they are', () => {
    const child = parseSnapshot(snapshotOf(everywhere, new Map())).tasks[4]?.subWorkflowParam?.workflowDefinition
    expect(child).toMatchObject({ tasks: [{ name: 'hidden', taskDefinition: null }] })
  })

  it('lets tasks that nobody registered wait for ever, unless they are SIMPLE', () => {
    const [simple, human] = withTaskDefs(defOf(task('a'), task('b', { type: 'HUMAN' })), new Map()).tasks
    expect(simple?.taskDefinition).toMatchObject({ retryCount: 3, responseTimeoutSeconds: 3600 })
    expect(human?.taskDefinition).toMatchObject({ retryCount: 0, responseTimeoutSeconds: 0 })
  })

  it('is the same text for the same definitions, and for what was read from it', () => {
    const text = snapshotOf(everywhere, new Map())
    expect(snapshotOf({ ...everywhere }, new Map())).toBe(text)
    expect(snapshotOf(parseSnapshot(text), new Map())).toBe(text)
    expect(snapshotOf(everywhere, new Map([['top', taskDef({ name: 'top', retryCount: 4 })]]))).not.toBe(text)
    expect(snapshotOf(everywhere, new Map())).toBe(text)
  })
})

describe('children', () => {
  const sub = (name: string, params: JsonObject) => task(name, { type: 'SUB_WORKFLOW', subWorkflowParam: params })
  const def = defOf(
    sub('latest', { name: 'child' }),
    sub('fixed', { name: 'child', version: 2 }),
    sub('atStart', { name: '${workflow.input.n}', version: 0 }),
    sub('inline', { workflowDefinition: { name: 'x', tasks: [] } }),
    task('loop', { type: 'DO_WHILE', loopOver: [sub('inner', { name: 'other' })] }),
    task('odd', { subWorkflowParam: { name: 'ignored' } }),
  )

  it('without a version are pinned, at any depth', () => {
    expect(childrenToPin(def).map(child => [child.task.taskReferenceName, child.name])).toEqual([
      ['latest', 'child'],
      ['inner', 'other'],
    ])
    const pinned = pinChildren(def, name => (name === 'child' ? 5 : 6))
    expect(Array.from(everyTask(pinned.tasks), each => each.subWorkflowParam?.version)).toEqual([5, 2, 0, 1, undefined, 6, null])
    expect(def.tasks[0]?.subWorkflowParam?.version).toBe(null)
  })

  it('are pinned anew when a version has changed, and not again when none has', () => {
    const five = pinChildren(def, () => 5)
    expect(pinChildren(def, () => 5)).toBe(five)
    expect(pinChildren(def, () => 6).tasks[0]?.subWorkflowParam?.version).toBe(6)
    const none = defOf(task('a'))
    expect(pinChildren(none, () => 1)).toBe(none)
  })
})
