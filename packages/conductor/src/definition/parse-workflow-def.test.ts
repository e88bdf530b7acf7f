import { isRefusal, type Json, type JsonObject } from '@busbar/kernel'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { definitionLimits } from './limits.js'
import { parseWorkflowDef, parseWorkflowTask } from './parse-workflow-def.js'
import type { WorkflowDef, WorkflowTask } from './types.js'

function parsed(json: Json): WorkflowDef {
  const def = parseWorkflowDef(json)
  if (isRefusal(def)) throw new Error(def.message)
  return def
}

function parsedTask(json: Json): WorkflowTask {
  const task = parseWorkflowTask(json)
  if (isRefusal(task)) throw new Error(task.message)
  return task
}

const task: JsonObject = { name: 't', taskReferenceName: 'r' }

describe('a definition', () => {
  it('has every default filled in', () => {
    const def = parsed({ name: 'w', tasks: [task] })
    expect(def).toMatchObject({
      version: 1,
      schemaVersion: 2,
      restartable: true,
      timeoutPolicy: 'ALERT_ONLY',
      timeoutSeconds: 0,
      enforceSchema: true,
      outputParameters: {},
      failureWorkflow: null,
    })
    expect(def.tasks[0]).toMatchObject({
      type: 'SIMPLE',
      startDelay: 0,
      optional: false,
      retryCount: null,
      taskDefinition: null,
      loopOver: [],
      inputParameters: {},
    })
  })

  it('may give numbers and flags as text, and text as a number', () => {
    const def = parsed({
      name: 7,
      version: ' 3 ',
      timeoutSeconds: '12',
      restartable: 'False',
      failureWorkflowVersion: '2',
      tasks: [{ ...task, startDelay: 1.9, optional: 1 }],
    })
    expect(def).toMatchObject({ name: '7', version: 3, timeoutSeconds: 12, restartable: false, failureWorkflowVersion: 2 })
    expect(def.tasks[0]).toMatchObject({ startDelay: 1, optional: true })
  })

  it('takes null for the zero of a number or flag, and for nothing elsewhere', () => {
    const def = parsed({
      name: null,
      version: null,
      restartable: null,
      timeoutPolicy: null,
      variables: null,
      tasks: null,
      inputParameters: null,
      ownerEmail: null,
    })
    expect(def).toMatchObject({
      name: '',
      version: 0,
      restartable: false,
      timeoutPolicy: 'ALERT_ONLY',
      variables: {},
      tasks: [],
      inputParameters: [],
      ownerEmail: null,
    })
  })

  it('may hold fields that nobody knows', () => {
    expect(parsed({ name: 'w', unheardOf: { of: 1 }, tasks: [{ ...task, alsoNew: [] }] }).name).toBe('w')
  })

  it('reads only what the JSON itself holds', () => {
    expect(parsed({ tasks: [{ ...task, decisionCases: { constructor: [task], toString: [] } }] }).tasks[0]?.decisionCases.get('constructor')).toHaveLength(1)
    expect(parsed({}).description).toBe(null)
  })

  it('is parsed once for each JSON object', () => {
    const json = { name: 'w', tasks: [task] }
    expect(parseWorkflowDef(json)).toBe(parseWorkflowDef(json))
  })
})

describe('a task', () => {
  it('may give its type under its old name', () => {
    expect(parsedTask({ ...task, workflowTaskType: 'HTTP' }).type).toBe('HTTP')
    expect(parsedTask({ ...task, type: 'WAIT', workflowTaskType: 'HTTP' }).type).toBe('WAIT')
    expect(parsedTask({ ...task, type: 'my own' }).type).toBe('my own')
  })

  it('holds tasks in cases, branches and bodies', () => {
    const { decisionCases, defaultCase, forkTasks, loopOver } = parsedTask({
      ...task,
      decisionCases: { a: [task], b: null },
      defaultCase: [task],
      forkTasks: [[task], []],
      loopOver: [task],
    })
    expect([...decisionCases].map(([key, list]) => [key, list.length])).toEqual([
      ['a', 1],
      ['b', 0],
    ])
    expect([defaultCase.length, forkTasks.map(branch => branch.length), loopOver.length]).toEqual([1, [1, 0], 1])
  })

  it('takes the name and version of its child from an inline definition', () => {
    const params = { name: 'ignored', version: 9, workflowDefinition: { name: 'inner', version: 4, tasks: [task] }, taskToDomain: { a: 'x', b: null } }
    expect(parsedTask({ ...task, subWorkflowParam: params }).subWorkflowParam).toMatchObject({
      name: 'inner',
      version: 4,
      taskToDomain: { a: 'x' },
      priority: null,
    })
  })

  it('may give its child as an expression', () => {
    const params = { name: 'n', workflowDefinition: '${workflow.input.def}', priority: '${workflow.input.p}' }
    expect(parsedTask({ ...task, subWorkflowParam: params }).subWorkflowParam).toMatchObject({ version: null, ...params })
  })
})

describe('what is no definition', () => {
  it.each<[Json, string]>([
    [[], 'the document: expected a workflow definition (an object), found a list'],
    ['text', 'the document: expected a workflow definition (an object), found "text"'],
    [{ tasks: {} }, 'tasks: expected a list, found an object'],
    [{ tasks: [task, null] }, 'tasks[1]: expected a task (an object), found null'],
    [{ version: 'abc' }, 'version: expected a whole number, found "abc"'],
    [{ version: 3_000_000_000 }, 'version: expected a whole number of 32 bits, found 3000000000'],
    [{ version: true }, 'version: expected a whole number, found true'],
    [{ name: {} }, 'name: expected text, found an object'],
    [{ timeoutPolicy: 'SOON' }, 'timeoutPolicy: expected one of TIME_OUT_WF, ALERT_ONLY, found "SOON"'],
    [{ restartable: 'perhaps' }, 'restartable: expected true or false, found "perhaps"'],
    [{ variables: [] }, 'variables: expected an object, found a list'],
    [{ tasks: [{ ...task, forkTasks: [task] }] }, 'tasks[0].forkTasks[0]: expected a list, found an object'],
    [
      { tasks: [{ ...task, decisionCases: { a: [{ ...task, joinMode: 'X' }] } }] },
      'tasks[0].decisionCases[a][0].joinMode: expected one of SYNC, ASYNC, found "X"',
    ],
    [{ tasks: [{ ...task, joinOn: [{}] }] }, 'tasks[0].joinOn[0]: expected text, found an object'],
    [
      { tasks: [{ ...task, taskDefinition: { retryLogic: 'SOMETIMES' } }] },
      'tasks[0].taskDefinition.retryLogic: expected one of FIXED, EXPONENTIAL_BACKOFF, LINEAR_BACKOFF, found "SOMETIMES"',
    ],
    [
      { tasks: [{ ...task, subWorkflowParam: { workflowDefinition: 'text' } }] },
      'tasks[0].subWorkflowParam.workflowDefinition: expected a workflow definition or an expression ${…} that gives one, found "text"',
    ],
    [{ tasks: [{ ...task, onStateChange: { onStart: [1] } }] }, 'tasks[0].onStateChange.onStart[0]: expected an object, found 1'],
    [{ inputSchema: { type: 'YAML' } }, 'inputSchema.type: expected one of JSON, AVRO, PROTOBUF, found "YAML"'],
  ])('%j is refused', (json, message) => {
    expect(parseWorkflowDef(json)).toMatchObject({ kind: 'refusal', code: 'invalid', message, details: { kind: 'unreadable' } })
  })

  it('is one nested too deeply, or with too many tasks', () => {
    let deep: JsonObject = task
    for (let i = 0; i < 5_000; i++) deep = { ...task, loopOver: [deep] }
    expect(parseWorkflowDef({ name: 'w', tasks: [deep] })).toMatchObject({ message: expect.stringContaining(`more than ${definitionLimits.depthMax} levels`) })
    const inline = { ...task, subWorkflowParam: { workflowDefinition: { name: 'x', tasks: Array(definitionLimits.tasksMax).fill(task) } } }
    expect(parseWorkflowDef({ name: 'w', tasks: [inline] })).toMatchObject({ message: expect.stringContaining(`more than ${definitionLimits.tasksMax} tasks`) })
  })

  it('is told without an error, whatever it is', () => {
    const keys = fc.constantFrom(
      'name',
      'tasks',
      'version',
      'decisionCases',
      'forkTasks',
      'loopOver',
      'subWorkflowParam',
      'workflowDefinition',
      'taskDefinition',
      'onStateChange',
      'joinOn',
      'inputSchema',
      'taskToDomain',
      '__proto__',
    )
    const { json } = fc.letrec<{ json: Json }>(tie => ({
      json: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom<Json>(null, true, 0, 1.5, '', '3', '${x}'),
        fc.array(tie('json'), { maxLength: 3 }),
        fc.dictionary(keys, tie('json'), { maxKeys: 4 }),
      ),
    }))
    fc.assert(
      fc.property(json, value => {
        const def = parseWorkflowDef(value)
        if (!isRefusal(def)) expect(Array.isArray(def.tasks)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })
})
