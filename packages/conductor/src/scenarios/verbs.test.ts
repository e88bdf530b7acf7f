import { fork, join, loop, simple, sub, taskDef, workflow } from '../testing/build.js'
import { runScenarios } from '../testing/run-scenarios.js'

const three = workflow('w', [simple('a'), simple('b', { v: '${a.output.v}' }), simple('c')])

runScenarios('Verbs', [
  {
    title: 'a paused workflow schedules nothing before it is resumed',
    workflows: [three],
    steps: [
      { verb: 'pause' },
      { verb: 'pause' },
      { work: 'a' },
      { see: 'PAUSED: a COMPLETED' },
      { verb: 'resume' },
      { see: 'RUNNING: a COMPLETED, b SCHEDULED' },
      { verb: 'resume', refused: 'The workflow <id> is not PAUSED so cannot resume. Current status is RUNNING' },
    ],
  },
  {
    title: 'terminate cancels what is open; what completed cannot be terminated',
    workflows: [workflow('w', [simple('a')])],
    steps: [
      { verb: 'terminate', with: { reason: 'no more' } },
      { see: 'TERMINATED: a CANCELED' },
      { verb: 'pause', refused: 'Workflow w.1/<id> has ended, status cannot be updated.' },
    ],
  },
  {
    title: 'restart begins anew and keeps the variables',
    workflows: [workflow('w', [simple('a', { seen: '${workflow.variables.v}' })], { variables: { v: 1 } })],
    steps: [
      { verb: 'restart', with: { useLatestDefinitions: false }, refused: 'Workflow: w.1/<id>.RUNNING is not in terminal state, unable to restart.' },
      { work: 'a' },
      { verb: 'restart', with: { useLatestDefinitions: true } },
      { see: 'RUNNING: a SCHEDULED' },
      { input: { seen: 1 }, of: 'a' },
    ],
  },
  {
    title: 'retry copies what failed and goes on',
    taskDefs: [taskDef('b')],
    workflows: [three],
    steps: [
      { work: 'a', output: { v: 1 } },
      { work: 'b', reason: 'no' },
      { verb: 'retry', with: { resumeSubworkflowTasks: false } },
      { see: 'RUNNING: a COMPLETED, b FAILED, b#1 SCHEDULED' },
      { verb: 'retry', with: { resumeSubworkflowTasks: false }, refused: 'Workflow is still running.  status=RUNNING' },
      { work: 'b' },
      { work: 'c' },
      { see: 'COMPLETED: a COMPLETED, b FAILED, b#1 COMPLETED, c COMPLETED' },
      {
        verb: 'retry',
        with: { resumeSubworkflowTasks: false },
        refused: 'There are no retryable tasks! Use restart if you want to attempt entire workflow execution again.',
      },
    ],
  },
  {
    title: 'worst case: a rerun from the middle forgets what came after, also of a fork in a loop',
    taskDefs: [taskDef('b')],
    workflows: [workflow('w', [loop('l', '$.l.iteration < 2', [fork('f', [simple('a')], [simple('b')]), join('j', 'a', 'b'), simple('c')]), simple('end')])],
    steps: [
      { work: 'a__1' },
      { work: 'b__1' },
      { work: 'c__1' },
      { work: 'a__2' },
      { work: 'b__2', reason: 'no' },
      {
        see: 'FAILED: l CANCELED, f__1 COMPLETED, a__1 COMPLETED, b__1 COMPLETED, j__1 COMPLETED, c__1 COMPLETED, f__2 COMPLETED, a__2 COMPLETED, b__2 FAILED, j__2 CANCELED',
      },
      { verb: 'rerun', at: 'a__1', with: { path: [], workflowInput: null, taskInput: { again: true }, correlationId: null } },
      { see: 'RUNNING: l IN_PROGRESS, f__1 COMPLETED, a__1 SCHEDULED, b__1 SCHEDULED, j__1 IN_PROGRESS' },
      { input: { again: true }, of: 'a__1' },
      { work: 'a__1' },
      { work: 'b__1' },
      { work: 'c__1' },
      { work: 'a__2' },
      { work: 'b__2' },
      { work: 'c__2' },
      { work: 'end' },
      {
        see: 'COMPLETED: l COMPLETED, f__1 COMPLETED, a__1 COMPLETED, b__1 COMPLETED, j__1 COMPLETED, c__1 COMPLETED, f__2 COMPLETED, a__2 COMPLETED, b__2 COMPLETED, j__2 COMPLETED, c__2 COMPLETED, end COMPLETED',
      },
    ],
  },
  {
    title: 'a rerun from a task of a child goes on inside the child',
    workflows: [workflow('w', [sub('s', 'child'), simple('end')]), workflow('child', [simple('c'), simple('d')])],
    steps: [
      { work: 'c', in: 's' },
      { work: 'd', in: 's', output: { v: 1 } },
      { work: 'end' },
      { verb: 'rerun', at: 'd', in: 's', with: { path: [], workflowInput: null, taskInput: null, correlationId: null } },
      { see: 'RUNNING: s IN_PROGRESS, end COMPLETED' },
      { work: 'd', in: 's', output: { v: 2 } },
      { see: 'COMPLETED: s COMPLETED, end COMPLETED' },
    ],
  },
  {
    title: 'a skipped task is passed over when its turn comes',
    workflows: [three],
    steps: [
      { verb: 'skipTask', with: { reference: 'b', taskInput: null, taskOutput: { instead: 1 } } },
      {
        verb: 'skipTask',
        with: { reference: 'a', taskInput: null, taskOutput: null },
        refused: 'The task referenced a has already been processed, cannot be skipped',
      },
      { work: 'a' },
      { see: 'RUNNING: b SKIPPED, a COMPLETED, c SCHEDULED' },
      { work: 'c' },
      { see: 'COMPLETED: b SKIPPED, a COMPLETED, c COMPLETED' },
    ],
  },
  {
    title: 'resetting callbacks makes postponed tasks claimable',
    workflows: [three],
    steps: [{ work: 'a', status: 'IN_PROGRESS', callback: 500 }, { verb: 'resetCallbacks' }, { work: 'a' }, { see: 'RUNNING: a COMPLETED, b SCHEDULED' }],
  },
  {
    title: 'a late report is taken without effect',
    workflows: [three],
    steps: [
      { poll: 'a' },
      { verb: 'updateByReference', with: { reference: 'a', status: 'COMPLETED', output: { first: 1 }, worker: null } },
      { verb: 'updateByReference', with: { reference: 'a', status: 'FAILED', output: { late: 1 }, worker: null } },
      { output: { first: 1 }, of: 'a' },
      { see: 'RUNNING: a COMPLETED, b SCHEDULED' },
    ],
  },
])
