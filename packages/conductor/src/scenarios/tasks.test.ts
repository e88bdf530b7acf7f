import { choice, inline, loop, setVariable, simple, task, taskDef, workflow } from '../testing/build.js'
import { runScenarios } from '../testing/run-scenarios.js'

runScenarios('Tasks', [
  {
    title: 'the input template of a task definition reaches what works on its input, and no SWITCH',
    taskDefs: [taskDef('i', { inputTemplate: { n: 5 } }), taskDef('s', { inputTemplate: { value: 'A' } })],
    workflows: [workflow('w', [inline('i', '$.n'), choice('s', '${workflow.input.none}', { A: [simple('a')] }, [simple('d')])])],
    steps: [{ output: { result: 5 }, of: 'i' }, { see: 'RUNNING: i COMPLETED, s COMPLETED, d SCHEDULED' }],
  },
  {
    title: 'a start with a priority that is out of range fails its task',
    workflows: [workflow('w', [task('s', 'START_WORKFLOW', { inputParameters: { startWorkflow: { name: 'w', priority: 500 } } })])],
    steps: [{ see: 'FAILED: s FAILED' }],
  },
  {
    title: 'an event in a loop goes to a queue of its round',
    workflows: [
      workflow('w', [loop('l', '$.l.iteration < 2', [task('e', 'EVENT', { sink: 'conductor' })]), inline('i', '$.q', { q: '${l.output.2.e.event_produced}' })]),
    ],
    steps: [{ output: { result: 'conductor:w:e__2' } }],
  },
  {
    title: 'a worker task gives its output to the next one',
    workflows: [
      workflow('w', [simple('a', { x: '${workflow.input.x}' }), simple('b', { got: '${a.output.v}' })], { outputParameters: { last: '${b.output.v}' } }),
    ],
    start: { input: { x: 1 } },
    steps: [
      { see: 'RUNNING: a SCHEDULED' },
      { input: { x: 1 }, of: 'a' },
      { poll: 'a' },
      { see: 'RUNNING: a IN_PROGRESS' },
      { work: 'a', output: { v: 'one' } },
      { see: 'RUNNING: a COMPLETED, b SCHEDULED' },
      { input: { got: 'one' }, of: 'b' },
      { work: 'b', output: { v: 'two' } },
      { see: 'COMPLETED: a COMPLETED, b COMPLETED' },
      { output: { last: 'two' } },
    ],
  },
  {
    title: 'tasks of the engine run in one go, and a variable is seen by the next task only',
    workflows: [
      workflow('w', [
        setVariable('v', { n: 2 }),
        inline('i', '[$.n, $.n * 3]', { n: '${workflow.variables.n}' }),
        task('l', 'LAMBDA', { inputParameters: { scriptExpression: 'return { twice: $.n * 2 }', n: '${workflow.variables.n}' } }),
        task('n', 'NOOP', { inputParameters: { dropped: 1 } }),
      ]),
    ],
    steps: [
      { see: 'COMPLETED: v COMPLETED, i COMPLETED, l COMPLETED, n COMPLETED' },
      { variables: { n: 2 } },
      { output: { result: [2, 6] }, of: 'i' },
      { output: { result: { twice: 4 } }, of: 'l' },
      { input: {}, of: 'n' },
    ],
  },
  {
    title: 'a switch schedules the first task of its case with it, and what follows it after the last',
    workflows: [workflow('w', [choice('s', '${workflow.input.x}', { A: [simple('a1'), simple('a2')], B: [] }, [simple('d')]), simple('end')])],
    start: { input: { x: 'A' } },
    steps: [
      { see: 'RUNNING: s COMPLETED, a1 SCHEDULED' },
      { work: 'a1' },
      { work: 'a2' },
      { see: 'RUNNING: s COMPLETED, a1 COMPLETED, a2 COMPLETED, end SCHEDULED' },
      { input: { value: 'A', case: 'A', hasChildren: 'true' }, of: 's' },
    ],
  },
  {
    title: 'an empty case of a switch runs nothing, that of a decision the default',
    workflows: [
      workflow('w', [
        choice('s', 'B', { B: [] }, [simple('d')]),
        task('e', 'DECISION', { inputParameters: { v: 'B' }, caseValueParam: 'v', decisionCases: { B: [] }, defaultCase: [simple('f')] }),
      ]),
    ],
    steps: [{ see: 'RUNNING: s COMPLETED, e COMPLETED, f SCHEDULED' }, { output: { caseOutput: ['B'] }, of: 'e' }],
  },
  {
    title: 'a switch by script asks, and keeps the order of the tasks',
    workflows: [
      workflow('w', [
        task('s', 'SWITCH', {
          inputParameters: { list: [1, 2, 3] },
          evaluatorType: 'javascript',
          expression: '$.list.reduce((a, b) => a + b)',
          decisionCases: { 6: [simple('six')] },
          defaultCase: [],
        }),
      ]),
    ],
    steps: [{ see: 'RUNNING: s COMPLETED, six SCHEDULED' }],
  },
  {
    title: 'a script that fails fails its workflow for good',
    taskDefs: [taskDef('i', { retryCount: 3 })],
    workflows: [workflow('w', [inline('i', 'nobody.knows'), simple('b')])],
    steps: [
      { see: 'FAILED: i FAILED_WITH_TERMINAL_ERROR' },
      { reason: 'Error evaluating the script `ReferenceError: nobody is not defined` at line 1', of: 'i' },
    ],
  },
  {
    title: 'a wait ends by its clock, by somebody, or was never possible',
    workflows: [
      workflow('w', [
        task('w1', 'WAIT', { inputParameters: { duration: '2 minutes 3 s' } }),
        task('w2', 'WAIT'),
        task('w3', 'WAIT', { inputParameters: { until: 'soon' } }),
      ]),
    ],
    steps: [
      { advanceMs: 122_999 },
      { see: 'RUNNING: w1 IN_PROGRESS' },
      { advanceMs: 1 },
      { see: 'RUNNING: w1 COMPLETED, w2 IN_PROGRESS' },
      { advanceMs: 9_000_000 },
      { verb: 'updateByReference', with: { reference: 'w2', status: 'COMPLETED', output: { n: 1 }, worker: null } },
      { see: 'FAILED: w1 COMPLETED, w2 COMPLETED, w3 FAILED_WITH_TERMINAL_ERROR' },
      { output: { n: 1 }, of: 'w2' },
    ],
  },
  {
    title: 'terminate ends everything with the output of its choice',
    workflows: [
      workflow('w', [
        simple('a'),
        task('t', 'TERMINATE', { inputParameters: { terminationStatus: 'FAILED', terminationReason: 'enough', workflowOutput: [1] } }),
        simple('b'),
      ]),
    ],
    steps: [{ work: 'a' }, { see: 'FAILED: a COMPLETED, t COMPLETED' }, { output: { output: [1] } }, { reason: 'enough' }],
  },
  {
    title: 'a dynamic task becomes what its input names',
    workflows: [
      workflow('w', [
        task('d', 'DYNAMIC', { dynamicTaskNameParam: 'which', inputParameters: { which: 'NOOP' } }),
        task('e', 'DYNAMIC', { dynamicTaskNameParam: 'which', inputParameters: { which: 'job' } }),
      ]),
    ],
    steps: [{ see: 'RUNNING: d COMPLETED, e SCHEDULED' }, { work: 'e' }, { see: 'COMPLETED: d COMPLETED, e COMPLETED' }],
  },
  {
    title: 'a human task stays open until somebody answers',
    workflows: [workflow('w', [task('h', 'HUMAN', { inputParameters: { ask: 'really?' } })])],
    steps: [
      { advanceMs: 100_000_000 },
      { see: 'RUNNING: h IN_PROGRESS' },
      { verb: 'updateByReference', with: { reference: 'h', status: 'FAILED', output: {}, worker: null } },
      { see: 'FAILED: h FAILED' },
    ],
  },
])
