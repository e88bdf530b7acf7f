import { fork, join, simple, sub, task, taskDef, workflow } from '../testing/build.js'
import { runScenarios } from '../testing/run-scenarios.js'

const failed = (reason: string) => `Task <id> failed with status: FAILED and reason: '${reason}'`
const wrapped = (child: string, reason: string) => failed(`Sub workflow ${child}.1/<id> failure reason: ${reason}`)

runScenarios('Retries, time-outs and ends', [
  {
    title: 'a failed task is tried again after its delay, with its input evaluated anew',
    taskDefs: [taskDef('a', { retryCount: 2, retryLogic: 'EXPONENTIAL_BACKOFF', retryDelaySeconds: 2 })],
    workflows: [workflow('w', [simple('a')])],
    steps: [
      { work: 'a', reason: 'one' },
      { see: 'RUNNING: a FAILED, a#1 SCHEDULED' },
      { reason: 'one', of: 'a' },
      { advanceMs: 2000 },
      { work: 'a', reason: 'two' },
      { advanceMs: 4000 },
      { work: 'a', reason: 'three' },
      { see: 'FAILED: a FAILED, a#1 FAILED, a#2 FAILED' },
      { reason: "Task <id> failed with status: FAILED and reason: 'three'" },
    ],
  },
  {
    title: 'a worker that does not answer loses its task to the next attempt',
    taskDefs: [taskDef('a', { retryCount: 1, responseTimeoutSeconds: 5, timeoutPolicy: 'ALERT_ONLY' })],
    workflows: [workflow('w', [simple('a')])],
    steps: [
      { advanceMs: 60_000 },
      { poll: 'a' },
      { advanceMs: 4999 },
      { see: 'RUNNING: a IN_PROGRESS' },
      { advanceMs: 1 },
      { see: 'RUNNING: a TIMED_OUT, a#1 SCHEDULED' },
      { work: 'a' },
      { see: 'COMPLETED: a TIMED_OUT, a#1 COMPLETED' },
    ],
  },
  {
    title: 'progress puts a task back into its queue and does not stretch its time-out',
    taskDefs: [taskDef('a', { timeoutSeconds: 10, responseTimeoutSeconds: 10 })],
    workflows: [workflow('w', [simple('a')])],
    steps: [
      { work: 'a', status: 'IN_PROGRESS', output: { half: true }, callback: 6 },
      { see: 'RUNNING: a SCHEDULED' },
      { output: { half: true }, of: 'a' },
      { advanceMs: 6000 },
      { poll: 'a' },
      { advanceMs: 4000 },
      { see: 'TIMED_OUT: a TIMED_OUT' },
      { reason: 'Task timed out after 10 seconds. Timeout configured as 10 seconds. Timeout policy configured to TIME_OUT_WF' },
    ],
  },
  {
    title: 'nobody polls: the poll time-out ends the workflow, the total one ends the retries',
    taskDefs: [taskDef('a', { retryCount: 9, pollTimeoutSeconds: 3, totalTimeoutSeconds: 7, timeoutPolicy: 'RETRY' })],
    workflows: [workflow('w', [simple('a')])],
    steps: [
      { advanceMs: 3000 },
      { see: 'RUNNING: a TIMED_OUT, a#1 SCHEDULED' },
      { advanceMs: 4000 },
      { see: 'TIMED_OUT: a TIMED_OUT, a#1 TIMED_OUT, a#2 TIMED_OUT' },
    ],
  },
  {
    title: 'a permissive failure counts also where TERMINATE would complete the workflow',
    taskDefs: [taskDef('a')],
    workflows: [
      workflow('w', [
        simple('a', {}, { permissive: true }),
        task('t', 'TERMINATE', { inputParameters: { terminationStatus: 'COMPLETED', workflowOutput: { v: 1 } } }),
      ]),
    ],
    steps: [{ work: 'a', reason: 'no luck' }, { see: 'FAILED: a FAILED, t COMPLETED' }, { output: { v: 1 } }],
  },
  {
    title: 'a permissive failure lets the rest run and fails the workflow at its end',
    taskDefs: [taskDef('a')],
    workflows: [workflow('w', [simple('a', {}, { permissive: true }), simple('b')])],
    steps: [{ work: 'a', reason: 'no' }, { see: 'RUNNING: a FAILED, b SCHEDULED' }, { work: 'b' }, { see: 'FAILED: a FAILED, b COMPLETED' }],
  },
  {
    title: 'an optional failure is passed over',
    taskDefs: [taskDef('a')],
    workflows: [workflow('w', [simple('a', {}, { optional: true }), simple('b', { was: '${a.status}' })])],
    steps: [
      { work: 'a', reason: 'no' },
      { input: { was: 'COMPLETED_WITH_ERRORS' }, of: 'b' },
      { work: 'b' },
      { see: 'COMPLETED: a COMPLETED_WITH_ERRORS, b COMPLETED' },
    ],
  },
  {
    title: 'a workflow that takes too long is timed out, its open tasks are cancelled',
    workflows: [workflow('w', [fork('f', [simple('a')], [task('h', 'HUMAN')]), join('j', 'a', 'h')], { timeoutSeconds: 30, timeoutPolicy: 'TIME_OUT_WF' })],
    steps: [{ advanceMs: 30_000 }, { see: 'TIMED_OUT: f COMPLETED, a CANCELED, h CANCELED, j CANCELED' }],
  },
  {
    title: 'a failed workflow starts its failure workflow, a missing one is named',
    taskDefs: [taskDef('a')],
    workflows: [workflow('w', [simple('a')], { failureWorkflow: 'nowhere' })],
    steps: [
      { work: 'a', reason: 'no' },
      { output: { 'conductor.failure_workflow': 'Error workflow nowhere failed to start.  reason: No such workflow defined. name=nowhere, version=null' } },
    ],
  },
  {
    title: 'a child that is missing fails its task when it is named too late to be checked',
    workflows: [workflow('w', [sub('s', '${workflow.input.child}')])],
    start: { input: { child: 'nowhere' } },
    steps: [{ see: 'FAILED: s FAILED' }, { reason: 'No such workflow defined. name=nowhere, version=1', of: 's' }],
  },
  {
    title: 'a child ends with its parent, and its output arrives when it ends by itself',
    workflows: [
      workflow('w', [sub('s', 'child', { x: 1 }), sub('t', 'child'), simple('end')]),
      workflow('child', [simple('c', { x: '${workflow.input.x}' })], { outputParameters: { v: '${c.output.v}' } }),
    ],
    steps: [
      { input: { x: 1 }, of: 'c', in: 's' },
      { work: 'c', output: { v: 7 }, in: 's' },
      { see: 'RUNNING: s COMPLETED, t IN_PROGRESS' },
      { verb: 'terminate', with: { reason: 'off' } },
      { see: 'TERMINATED: s COMPLETED, t CANCELED' },
      { see: 'TERMINATED: c CANCELED', in: 't' },
      { reason: 'Parent workflow has been terminated with reason: off', in: 't' },
    ],
  },
  {
    title: 'the output of a failure reads how the workflow ends, that of a success what it was',
    taskDefs: [taskDef('a')],
    workflows: [workflow('w', [simple('a')], { outputParameters: { as: '${workflow.status}' } })],
    steps: [{ work: 'a', status: 'FAILED' }, { see: 'FAILED: a FAILED' }, { output: { as: 'FAILED' } }],
  },
  {
    title: 'a reason that came up through many children is told whole',
    taskDefs: [taskDef('a')],
    workflows: [workflow('w', [sub('s', 'c1')]), workflow('c1', [sub('t', 'c2')]), workflow('c2', [sub('u', 'c3')]), workflow('c3', [simple('a')])],
    steps: [
      { work: 'a', status: 'FAILED', reason: 'x'.repeat(450), in: 's/t/u' },
      { reason: wrapped('c1', wrapped('c2', wrapped('c3', failed('x'.repeat(450))))) },
    ],
  },
  {
    title: 'a child that ends with a parent nobody gave a reason for says how that ended',
    workflows: [workflow('w', [sub('s', 'child')]), workflow('child', [simple('c')])],
    steps: [
      { verb: 'terminate', with: { reason: null } },
      { see: 'TERMINATED: s CANCELED' },
      { reason: 'Parent workflow has been terminated with status TERMINATED', in: 's' },
    ],
  },
  {
    title: 'worst case: a child is cancelled while its parent times out',
    workflows: [
      workflow('w', [sub('s', 'child'), simple('end')], { timeoutSeconds: 10, timeoutPolicy: 'TIME_OUT_WF' }),
      workflow('child', [sub('g', 'grandchild')]),
      workflow('grandchild', [simple('c')]),
    ],
    steps: [
      { poll: 'c', in: 's/g' },
      { advanceMs: 10_000 },
      { see: 'TIMED_OUT: s CANCELED' },
      { see: 'TERMINATED: g CANCELED', in: 's' },
      { see: 'TERMINATED: c CANCELED', in: 's/g' },
      { verb: 'terminate', with: { reason: 'late' }, in: 's' },
      { verb: 'retry', with: { resumeSubworkflowTasks: true } },
      { see: 'RUNNING: s IN_PROGRESS' },
      { see: 'RUNNING: g IN_PROGRESS', in: 's' },
      { work: 'c', in: 's/g' },
      { see: 'RUNNING: s COMPLETED, end SCHEDULED' },
    ],
  },
])
