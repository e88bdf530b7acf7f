import { isRefusal, type Json, type JsonObject } from '@busbar/kernel'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseTaskDef } from './parse-task-def.js'
import { parseWorkflowDef } from './parse-workflow-def.js'
import type { WorkflowDef } from './types.js'
import { scriptsToCheck, scriptViolation, validateWorkflowDef, type WorkflowDefRules } from './validate-workflow-def.js'

function parsed(json: Json): WorkflowDef {
  const def = parseWorkflowDef(json)
  if (isRefusal(def)) throw new Error(def.message)
  return def
}

function violations(json: JsonObject, rules: Partial<WorkflowDefRules> = {}) {
  return validateWorkflowDef(parsed(json), { environment: name => name === 'HOME', source: json, ...rules })
}

function messages(tasks: readonly JsonObject[], rules: Partial<WorkflowDefRules> = {}): readonly string[] {
  return violations({ name: 'w', tasks }, rules).map(each => each.message)
}

const named = (name: string, rest: JsonObject = {}): JsonObject => ({ name, taskReferenceName: name, ...rest })

describe('a definition', () => {
  it('needs a name and tasks', () => {
    const [name, tasks] = [
      { path: 'name', message: 'WorkflowDef name cannot be null or empty' },
      { path: 'tasks', message: 'WorkflowTask list cannot be empty' },
    ]
    expect(violations({})).toEqual([name, tasks])
    expect(violations({ name: null })).toEqual([name, tasks])
    expect(violations({ name: '' })).toEqual([{ ...name, invalidValue: '' }, tasks])
    expect(violations({ name: ' ', tasks: [] })).toEqual([tasks])
  })

  it('has schema version 2', () => {
    expect(violations({ name: 'w', schemaVersion: 1, tasks: [named('a')] })).toEqual([
      { path: 'schemaVersion', message: 'workflowDef schemaVersion: 2 is only supported', invalidValue: '1' },
    ])
  })

  it('follows rules for names and owners only where the server says so', () => {
    const json = { name: 'w.1', tasks: [named('a')] }
    expect(violations(json)).toEqual([])
    expect(violations(json, { nameValidation: true, ownerEmailMandatory: true }).map(each => each.path)).toEqual(['name', 'ownerEmail'])
    expect(violations({ ...json, name: 'w <1>_{#} -' }, { nameValidation: true })).toEqual([])
  })

  it('reports everything at once', () => {
    expect(
      violations({ name: '', schemaVersion: 3, tasks: [{ name: '', taskReferenceName: '', startDelay: -1 }] }).map(each => [each.path, each.invalidValue]),
    ).toEqual([
      ['name', ''],
      ['schemaVersion', '3'],
      ['tasks[0].name', ''],
      ['tasks[0].taskReferenceName', ''],
      ['tasks[0].startDelay', '-1'],
    ])
  })

  it('names every nested task differently', () => {
    const message = 'taskReferenceName: a should be unique across tasks for a given workflowDefinition: w'
    const nestings: readonly JsonObject[] = [
      named('a'),
      named('s', { type: 'SWITCH', evaluatorType: 'value-param', expression: 'k', decisionCases: { x: [named('a')] } }),
      named('f', { type: 'FORK_JOIN', forkTasks: [[named('b')], [named('a')]] }),
      named('l', { type: 'DO_WHILE', loopCondition: 'false', loopOver: [named('a')] }),
    ]
    for (const nesting of nestings) expect(violations({ name: 'w', tasks: [named('a'), nesting] })).toEqual([{ path: '', message }])
  })

  it('has rules for the tasks in cases and branches, but not for those in loops', () => {
    const bad = (name: string) => named(name, { type: 'EVENT' })
    const tasks = [
      named('s', { type: 'SWITCH', evaluatorType: 'value-param', expression: 'k', decisionCases: { x: [named('ok'), bad('e1')] }, defaultCase: [bad('e2')] }),
      named('f', { type: 'FORK_JOIN', forkTasks: [[bad('e3')]] }),
      named('l', { type: 'DO_WHILE', loopCondition: 'false', loopOver: [bad('e4')] }),
    ]
    expect(violations({ name: 'w', tasks }).map(each => each.path)).toEqual([
      'tasks[0].decisionCases[x].<map value>[1]',
      'tasks[0].defaultCase[0]',
      'tasks[1].forkTasks[0].<list element>[0]',
    ])
  })
})

describe('expressions in parameters', () => {
  const of = (parameters: JsonObject) =>
    messages([named('a', { inputParameters: parameters }), named('l', { type: 'DO_WHILE', loopCondition: 'x', loopOver: [named('inner')] })])

  it('may begin with the workflow, a task, or a name of the system or the environment', () => {
    const fine = {
      a: '${workflow.input.q}',
      b: '${a.input.z}',
      c: '${inner.output.x}',
      d: '${CPEWF_TASK_ID}',
      e: '${HOME}',
      f: '$ {no} $x',
      g: '$${nobody.x}',
      h: 5,
      i: null,
    }
    expect(of(fine)).toEqual([])
  })

  it('may not begin with anything else, at any depth', () => {
    const undefinedName = (key: string, value: string) =>
      `taskReferenceName: nobody for given task: a input value: ${key} of input parameter: ${value} is not defined in workflow definition.`
    expect(of({ k: '${nobody.output.v}' })).toEqual([undefinedName('k', '${nobody.output.v}')])
    expect(of({ k: { deep: [['hi ${nobody.output.v} ${workflow.input.z}']] } })).toEqual([undefinedName('deep', 'hi ${nobody.output.v} ${workflow.input.z}')])
  })

  it('must be paths', () => {
    expect(of({ k: '${a.output.[x}', l: '${}' })).toEqual([
      'key: k input parameter value: a.output.[x is not valid',
      'key: l input parameter value:  is not valid',
    ])
  })

  it('count only innermost, as the original sees them', () => {
    expect(of({ k: '${nobody.${workflow.input.k}}', open: '${nobody.x' })).toEqual([])
  })

  it('are looked at only in top-level tasks', () => {
    expect(messages([named('l', { type: 'DO_WHILE', loopCondition: 'x', loopOver: [named('a', { inputParameters: { k: '${nobody.x}' } })] })])).toEqual([])
  })
})

describe('each type of task', () => {
  const required = (field: string, type: string) => `${field} field is required for taskType: ${type} taskName: s`
  const s = (type: string, rest: JsonObject = {}) => messages([named('s', { type, ...rest })])
  const cases = { decisionCases: { a: [] } }

  it.each<[type: string, rest: JsonObject, messages: readonly string[]]>([
    ['EVENT', {}, [required('sink', 'EVENT')]],
    ['EVENT', { sink: 'conductor' }, []],
    ['DECISION', cases, [required('caseValueParam or caseExpression', 'DECISION')]],
    ['DECISION', { caseValueParam: 'x' }, ['decisionCases should have atleast one task for taskType: DECISION taskName: s']],
    ['DECISION', { caseExpression: 'x', ...cases }, []],
    ['SWITCH', { expression: 'x', ...cases }, [required('evaluatorType', 'SWITCH')]],
    [
      'SWITCH',
      { evaluatorType: 'javascript' },
      [required('expression', 'SWITCH'), 'decisionCases should have atleast one task for taskType: SWITCH taskName: s'],
    ],
    ['SWITCH', { evaluatorType: 'value-param', expression: 'x', ...cases }, []],
    ['DYNAMIC', {}, [required('dynamicTaskNameParam', 'DYNAMIC')]],
    ['FORK_JOIN', {}, ['forkTasks should have atleast one task for taskType: FORK_JOIN taskName: s']],
    ['FORK_JOIN', { forkTasks: [[]] }, []],
    ['FORK_JOIN_DYNAMIC', {}, [required('dynamicForkTasksParam', 'FORK_JOIN_DYNAMIC'), required('dynamicForkTasksInputParamName', 'FORK_JOIN_DYNAMIC')]],
    ['FORK_JOIN_DYNAMIC', { dynamicForkTasksParam: 'a' }, [required('dynamicForkTasksInputParamName', 'FORK_JOIN_DYNAMIC')]],
    ['FORK_JOIN_DYNAMIC', { dynamicForkJoinTasksParam: 'a' }, []],
    ['FORK_JOIN_DYNAMIC', { inputParameters: { forkTaskInputs: [] } }, []],
    [
      'FORK_JOIN_DYNAMIC',
      { dynamicForkTasksParam: 'a', dynamicForkJoinTasksParam: 'c' },
      [
        'dynamicForkJoinTasksParam or combination of dynamicForkTasksInputParamName and dynamicForkTasksParam cam be used for taskType: FORK_JOIN_DYNAMIC taskName: s',
      ],
    ],
    ['HTTP', {}, [required('inputParameters.http_request or inputParameters.uri', 'HTTP')]],
    ['HTTP', { inputParameters: { http_request: {} } }, []],
    ['HTTP', { inputParameters: { method: 'GET' } }, []],
    ['HTTP', { taskDefinition: { name: 's', inputTemplate: { http_request: {} } } }, []],
    ['KAFKA_PUBLISH', {}, [required('inputParameters.kafka_request', 'KAFKA_PUBLISH')]],
    ['JSON_JQ_TRANSFORM', {}, [required('inputParameters.queryExpression', 'JSON_JQ_TRANSFORM')]],
    ['JSON_JQ_TRANSFORM', { inputParameters: { queryExpression: '.' } }, []],
    ['DO_WHILE', { items: '${workflow.input.l}' }, [required('loopCondition', 'DO_WHILE'), required('loopOver', 'DO_WHILE')]],
    ['SUB_WORKFLOW', {}, [required('subWorkflowParam', 'SUB_WORKFLOW')]],
    ['SUB_WORKFLOW', { subWorkflowParam: {} }, []],
    [
      'TERMINATE',
      { optional: true, inputParameters: { terminationStatus: '${workflow.input.s}' } },
      [
        'terminate task cannot be optional, taskName: s',
        'terminate task must have an terminationStatus parameter and must be set to COMPLETED or FAILED, taskName: s',
      ],
    ],
    ['TERMINATE', { inputParameters: { terminationStatus: 'TERMINATED' } }, []],
    ['WAIT', { inputParameters: { duration: '1 s', until: '2031-01-01 10:00' } }, ["Both 'duration' and 'until' specified. Please provide only one input"]],
    ['WAIT', { inputParameters: { duration: 'soon' } }, ['Either date or duration is passed as null ']],
    ['WAIT', { inputParameters: { until: 'tomorrow' } }, ['Unable to parse date ']],
    ['WAIT', { inputParameters: { duration: '' } }, []],
    ['WAIT', { inputParameters: { until: '${workflow.input.t}' } }, []],
    ...['INLINE', 'LAMBDA', 'SET_VARIABLE', 'JOIN', 'EXCLUSIVE_JOIN', 'HUMAN', 'NOOP', 'START_WORKFLOW', 'my_own', 'constructor'].map(
      (type): [string, JsonObject, readonly string[]] => [type, {}, []],
    ),
  ])('%s with %j', (type, rest, expected) => {
    expect(s(type, rest)).toEqual(expected)
  })

  it('may get what it needs from its stored definition', () => {
    const def = parseTaskDef({ name: 's', inputTemplate: { queryExpression: '.', kafka_request: {} } })
    if (isRefusal(def)) throw new Error(def.message)
    const rules = { taskDef: (name: string) => (name === 's' ? def : undefined) }
    expect(messages([named('s', { type: 'JSON_JQ_TRANSFORM' })], rules)).toEqual([])
    expect(messages([named('t', { type: 'KAFKA_PUBLISH' })], rules)).toHaveLength(1)
  })
})

describe('scripts', () => {
  it('are those whose syntax must be checked', () => {
    const inner = named('d', { type: 'DECISION', caseExpression: 'b(', decisionCases: { y: [] } })
    const def = parsed({
      tasks: [
        named('p', { type: 'SWITCH', evaluatorType: 'value-param', expression: 'not checked' }),
        named('j', { type: 'SWITCH', evaluatorType: 'javascript', expression: 'a', decisionCases: { x: [inner] } }),
        named('g', { type: 'SWITCH', evaluatorType: 'graaljs', expression: 'not checked' }),
      ],
    })
    const scripts = scriptsToCheck(def)
    expect(scripts).toMatchObject([
      { path: 'tasks[1]', code: 'a' },
      { path: 'tasks[1].decisionCases[x].<map value>[0]', code: 'b(' },
    ])
    expect(scripts.map(each => scriptViolation(each, 'oh no').message)).toEqual([
      'Expression is not well formatted: oh no, taskType: SWITCH taskName j',
      'Expression is not well formatted: oh no, taskType: DECISION taskName d',
    ])
  })
})

it('validates any parameters without an error', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), fc.string(), (value, text) => {
      messages([named('a', { inputParameters: { value: value as Json, text: `\${${text}}`, both: { x: [`${text}\${`] } } })])
    }),
    { numRuns: 300 },
  )
})
