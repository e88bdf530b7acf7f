import { expect, test } from 'vitest'
import * as builders from './tasks.js'

const { setVariableTask } = builders
const step = setVariableTask('step', { a: 1 })
const common = (reference: string) => ({ name: reference, taskReferenceName: reference })

/** What goes over the wire: keys without a value do not. */
const wire = (value: unknown) => JSON.parse(JSON.stringify(value))

test.each([
  ['workflow', builders.workflow('w', [step]), { name: 'w', version: 1, tasks: [wire(step)], inputParameters: [], timeoutSeconds: 0 }],
  ['customTask', builders.customTask('n', 'r', { a: 1 }), { name: 'n', taskReferenceName: 'r', type: 'CUSTOM', inputParameters: { a: 1 } }],
  ['simpleTask', builders.simpleTask('r', 'n', { a: 1 }), { name: 'n', taskReferenceName: 'r', type: 'SIMPLE', inputParameters: { a: 1 } }],
  [
    'doWhileTask',
    builders.doWhileTask('r', 'true', [step]),
    { ...common('r'), type: 'DO_WHILE', loopCondition: 'true', loopOver: [step], inputParameters: {} },
  ],
  [
    'newLoopTask',
    builders.newLoopTask('r', 3, [step]),
    {
      ...common('r'),
      type: 'DO_WHILE',
      loopCondition: "if ( $.r['iteration'] < $.value ) { true; } else { false; }",
      loopOver: [step],
      inputParameters: { value: 3 },
    },
  ],
  [
    'dynamicForkTask',
    builders.dynamicForkTask('r', [step], '${a.output}'),
    {
      ...common('r'),
      type: 'FORK_JOIN_DYNAMIC',
      inputParameters: { dynamicTasks: [step], dynamicTasksInput: '${a.output}' },
      dynamicForkTasksParam: 'dynamicTasks',
      dynamicForkTasksInputParamName: 'dynamicTasksInput',
    },
  ],
  [
    'dynamicTask',
    builders.dynamicTask('r', '${a.output.name}'),
    { ...common('r'), type: 'DYNAMIC', inputParameters: { taskToExecute: '${a.output.name}' }, dynamicTaskNameParam: 'taskToExecute' },
  ],
  ['eventTask', builders.eventTask('r', 'kafka', 'q'), { ...common('r'), type: 'EVENT', sink: 'kafka:q' }],
  ['sqsEventTask', builders.sqsEventTask('r', 'q'), { ...common('r'), type: 'EVENT', sink: 'sqs:q' }],
  ['conductorEventTask', builders.conductorEventTask('r', 'e'), { ...common('r'), type: 'EVENT', sink: 'conductor:e' }],
  ['forkTask', builders.forkTask('r', [step, step]), { ...common('r'), type: 'FORK_JOIN', forkTasks: [[step, step]] }],
  [
    'forkTaskJoin',
    builders.forkTaskJoin('r', [step]),
    [
      { ...common('r'), type: 'FORK_JOIN', forkTasks: [[step]] },
      { name: 'r_join', taskReferenceName: 'r_join_ref', type: 'JOIN', joinOn: [], inputParameters: {}, optional: false, asyncComplete: false },
    ],
  ],
  [
    'forkBranches',
    builders.forkBranches('r', [[step, setVariableTask('last', {})], [setVariableTask('only', {})]]),
    [
      { ...common('r'), type: 'FORK_JOIN', forkTasks: [[step, wire(setVariableTask('last', {}))], [wire(setVariableTask('only', {}))]] },
      { ...common('r_join'), type: 'JOIN', joinOn: ['last', 'only'] },
    ],
  ],
  ['joinTask', builders.joinTask('r', ['a']), { ...common('r'), type: 'JOIN', joinOn: ['a'] }],
  [
    'exclusiveJoinTask',
    builders.exclusiveJoinTask('r', ['a', 'b'], ['a']),
    { ...common('r'), type: 'EXCLUSIVE_JOIN', joinOn: ['a', 'b'], defaultExclusiveJoinTask: ['a'] },
  ],
  [
    'httpTask',
    builders.httpTask('r', { uri: 'http://h', method: 'GET' }),
    { ...common('r'), type: 'HTTP', inputParameters: { http_request: { uri: 'http://h', method: 'GET' } } },
  ],
  ['humanTask', builders.humanTask('r'), { ...common('r'), type: 'HUMAN', inputParameters: {} }],
  ['inlineTask', builders.inlineTask('r', '1 + 1'), { ...common('r'), type: 'INLINE', inputParameters: { evaluatorType: 'javascript', expression: '1 + 1' } }],
  ['jsonJqTask', builders.jsonJqTask('r', '.a'), { ...common('r'), type: 'JSON_JQ_TRANSFORM', inputParameters: { queryExpression: '.a' } }],
  [
    'kafkaPublishTask',
    builders.kafkaPublishTask('r', { topic: 't', value: 'v', bootStrapServers: 'b', headers: {}, key: 'k', keySerializer: 's' }),
    {
      ...common('r'),
      type: 'KAFKA_PUBLISH',
      inputParameters: { kafka_request: { topic: 't', value: 'v', bootStrapServers: 'b', headers: {}, key: 'k', keySerializer: 's' } },
    },
  ],
  ['noopTask', builders.noopTask('r'), { ...common('r'), type: 'NOOP' }],
  ['setVariableTask', step, { ...common('step'), type: 'SET_VARIABLE', inputParameters: { a: 1 } }],
  [
    'startWorkflowTask',
    builders.startWorkflowTask('r', { name: 'w' }),
    { ...common('r'), type: 'START_WORKFLOW', inputParameters: { startWorkflow: { name: 'w' } } },
  ],
  ['subWorkflowTask', builders.subWorkflowTask('r', 'w'), { ...common('r'), type: 'SUB_WORKFLOW', subWorkflowParam: { name: 'w' } }],
  ['subWorkflowTask', builders.subWorkflowTask('r', 'w', 2), { ...common('r'), type: 'SUB_WORKFLOW', subWorkflowParam: { name: 'w', version: 2 } }],
  [
    'switchTask',
    builders.switchTask('r', '${workflow.input.kind}', { a: [step] }),
    {
      ...common('r'),
      type: 'SWITCH',
      evaluatorType: 'value-param',
      inputParameters: { switchCaseValue: '${workflow.input.kind}' },
      expression: 'switchCaseValue',
      decisionCases: { a: [step] },
      defaultCase: [],
    },
  ],
  [
    'switchScriptTask',
    builders.switchScriptTask('r', '$.n > 1 ? "a" : "b"', { n: 2 }, { a: [step] }),
    {
      ...common('r'),
      type: 'SWITCH',
      evaluatorType: 'javascript',
      inputParameters: { n: 2 },
      expression: '$.n > 1 ? "a" : "b"',
      decisionCases: { a: [step] },
      defaultCase: [],
    },
  ],
  [
    'terminateTask',
    builders.terminateTask('r', 'FAILED', 'why'),
    { ...common('r'), type: 'TERMINATE', inputParameters: { terminationStatus: 'FAILED', terminationReason: 'why' } },
  ],
  ['terminateTask', builders.terminateTask('r', 'COMPLETED'), { ...common('r'), type: 'TERMINATE', inputParameters: { terminationStatus: 'COMPLETED' } }],
  ['waitTaskDuration', builders.waitTaskDuration('r', '3 s'), { ...common('r'), type: 'WAIT', inputParameters: { duration: '3 s' } }],
  ['waitTaskUntil', builders.waitTaskUntil('r', '2030-01-01 00:00'), { ...common('r'), type: 'WAIT', inputParameters: { until: '2030-01-01 00:00' } }],
])('%s writes what goes over the wire', (_, built, expected) => {
  expect(wire(built)).toEqual(expected)
})
