import { choice, fork, inline, join, loop, setVariable, simple, sub, task, taskDef, workflow } from '../testing/build.js'
import { runScenarios } from '../testing/run-scenarios.js'

const dynamicFork = (ref: string) =>
  task(ref, 'FORK_JOIN_DYNAMIC', {
    inputParameters: { tasks: '${workflow.input.tasks}', inputs: {} },
    dynamicForkTasksParam: 'tasks',
    dynamicForkTasksInputParamName: 'inputs',
  })

/** Of one branch, whose task definition must be asked for. */
const forkOf = (ref: string, branch: string) =>
  task(ref, 'FORK_JOIN_DYNAMIC', { inputParameters: { tasks: [simple(branch, {}, { name: 'work' })] }, dynamicForkTasksParam: 'tasks' })

const started = { startWorkflow: { name: 'child', version: 1, input: {} } }

runScenarios('Forks and loops', [
  {
    title: 'a join closes at the moment of its last branch',
    workflows: [workflow('w', [fork('f', [simple('a')], [simple('b'), simple('c')]), join('j', 'a', 'c'), simple('end', { all: '${j.output}' })])],
    steps: [
      { see: 'RUNNING: f COMPLETED, a SCHEDULED, b SCHEDULED, j IN_PROGRESS' },
      { work: 'b' },
      { work: 'c', output: { v: 3 } },
      { work: 'a', output: { v: 1 } },
      { see: 'RUNNING: f COMPLETED, a COMPLETED, b COMPLETED, j COMPLETED, c COMPLETED, end SCHEDULED' },
      { input: { all: { a: { v: 1 }, c: { v: 3 } } }, of: 'end' },
    ],
  },
  {
    title: 'two branches that ask the same question at once both go on with its answer',
    workflows: [
      workflow('w', [
        fork('f', [task('a', 'START_WORKFLOW', { inputParameters: started })], [task('b', 'START_WORKFLOW', { inputParameters: started })], [simple('c')]),
        join('j', 'a', 'b', 'c'),
      ]),
      workflow('child', [simple('d')]),
    ],
    steps: [{ see: 'RUNNING: f COMPLETED, a COMPLETED, b COMPLETED, c SCHEDULED, j IN_PROGRESS' }],
  },
  {
    title: 'two loops that begin with the same question at once both begin with its answer',
    workflows: [
      workflow('w', [
        fork('f', [loop('k', '$.k.iteration < 1', [forkOf('m', 'a'), join('n')])], [loop('l', '$.l.iteration < 1', [forkOf('o', 'b'), join('p')])]),
        join('j', 'k', 'l'),
      ]),
    ],
    steps: [
      {
        see: 'RUNNING: f COMPLETED, k IN_PROGRESS, l IN_PROGRESS, j IN_PROGRESS, m__1 COMPLETED, a__1 SCHEDULED, n__1 IN_PROGRESS, o__1 COMPLETED, b__1 SCHEDULED, p__1 IN_PROGRESS',
      },
    ],
  },
  {
    title: 'a loop over a list reads it anew in each round',
    workflows: [
      workflow('w', [
        setVariable('v', { list: [1, 2] }),
        loop('l', 'true', [setVariable('more', { list: [1, 2, 3] }), inline('i', '$.x', { x: '${l.output.loopItem}' })], {
          items: '${workflow.variables.list}',
        }),
      ]),
    ],
    steps: [
      { see: 'COMPLETED: v COMPLETED, l COMPLETED, more__1 COMPLETED, i__1 COMPLETED, more__2 COMPLETED, i__2 COMPLETED, more__3 COMPLETED, i__3 COMPLETED' },
      { output: { result: 3 }, of: 'i__3' },
    ],
  },
  {
    title: 'an exclusive join that fails takes over no output',
    taskDefs: [taskDef('a')],
    workflows: [workflow('w', [simple('a', {}, { permissive: true }), task('x', 'EXCLUSIVE_JOIN', { joinOn: ['a'] })])],
    steps: [{ work: 'a', status: 'FAILED', reason: 'hm', output: { q: 1 } }, { see: 'FAILED: a FAILED, x FAILED' }, { output: {}, of: 'x' }],
  },
  {
    title: 'a branch that fails for good cancels the others',
    taskDefs: [taskDef('a')],
    workflows: [workflow('w', [fork('f', [simple('a')], [simple('b')]), join('j', 'a', 'b')])],
    steps: [{ poll: 'b' }, { work: 'a', reason: 'no luck' }, { see: 'FAILED: f COMPLETED, a FAILED, b CANCELED, j CANCELED' }],
  },
  {
    title: 'an optional branch leaves the join completed with errors',
    taskDefs: [taskDef('a')],
    workflows: [workflow('w', [fork('f', [simple('a', {}, { optional: true })], [simple('b')]), join('j', 'a', 'b'), simple('end')])],
    steps: [
      { work: 'a', reason: 'no luck' },
      { work: 'b' },
      { see: 'RUNNING: f COMPLETED, a COMPLETED_WITH_ERRORS, b COMPLETED, j COMPLETED_WITH_ERRORS, end SCHEDULED' },
    ],
  },
  {
    title: 'an exclusive join takes over from what ran',
    workflows: [workflow('w', [choice('s', 'B', { A: [simple('a')], B: [simple('b')] }), task('x', 'EXCLUSIVE_JOIN', { joinOn: ['a', 'b'] })])],
    steps: [{ work: 'b', output: { v: 'b' } }, { see: 'COMPLETED: s COMPLETED, b COMPLETED, x COMPLETED' }, { output: { v: 'b' } }],
  },
  {
    title: 'a loop shows its complete iterations and passes the number of the newest to its body',
    workflows: [workflow('w', [loop('l', '$.l.iteration < 2', [simple('a', { n: '${l.output.iteration}' })]), simple('end', { l: '${l.output}' })])],
    steps: [
      { input: { n: 1 }, of: 'a__1' },
      { work: 'a__1', output: { v: 1 } },
      { output: { iteration: 2, 1: { a: { v: 1 } } }, of: 'l' },
      { input: { n: 2 }, of: 'a__2' },
      { work: 'a__2', output: { v: 2 } },
      { see: 'RUNNING: l COMPLETED, a__1 COMPLETED, a__2 COMPLETED, end SCHEDULED' },
      { input: { l: { iteration: 2, 1: { a: { v: 1 } }, 2: { a: { v: 2 } } } }, of: 'end' },
    ],
  },
  {
    title: 'a loop over items knows the item, and forgets old iterations when told to',
    workflows: [
      workflow('w', [
        loop('l', 'true', [setVariable('v', { last: '${l.output.loopItem}' }), simple('a', { item: '${l.output.loopItem}', at: '${l.output.loopIndex}' })], {
          items: '${workflow.input.list}',
          inputParameters: { keepLastN: 1 },
        }),
      ]),
    ],
    start: { input: { list: ['x', 'y', 'z'] } },
    steps: [
      { work: 'a__1' },
      { work: 'a__2' },
      { see: 'RUNNING: l IN_PROGRESS, v__3 COMPLETED, a__3 SCHEDULED' },
      { input: { item: 'z', at: 2 }, of: 'a__3' },
      { work: 'a__3', output: { last: true } },
      { see: 'COMPLETED: l COMPLETED, v__3 COMPLETED, a__3 COMPLETED' },
      { output: { iteration: 3, loopIndex: 2, loopItem: 'z', 3: { v: {}, a: { last: true } } }, of: 'l' },
    ],
  },
  {
    title: 'a condition sees the inputs of its loop as they are now, and the loop shows those it began with',
    workflows: [workflow('w', [loop('l', '$.seen < 2', [simple('a')], { inputParameters: { seen: '${a.output.v}' } })])],
    steps: [
      { work: 'a__1', output: { v: 1 } },
      { see: 'RUNNING: l IN_PROGRESS, a__1 COMPLETED, a__2 SCHEDULED' },
      { work: 'a__2', output: { v: 2 } },
      { see: 'COMPLETED: l COMPLETED, a__1 COMPLETED, a__2 COMPLETED' },
      { input: { seen: null }, of: 'l' },
    ],
  },
  {
    title: 'a loop over items that are null runs no round',
    workflows: [workflow('w', [loop('l', 'true', [simple('a')], { items: '${workflow.input.none}' }), simple('end')])],
    steps: [{ see: 'RUNNING: l COMPLETED, end SCHEDULED' }],
  },
  {
    title: 'a switch reads a list and a map as Java writes them',
    workflows: [
      workflow('w', [choice('s', '${workflow.input.list}', { '[1, 2]': [simple('a')] }), choice('t', '${workflow.input.map}', { '{k=1}': [simple('b')] })]),
    ],
    start: { input: { list: [1, 2], map: { k: 1 } } },
    steps: [{ work: 'a' }, { work: 'b' }, { see: 'COMPLETED: s COMPLETED, a COMPLETED, t COMPLETED, b COMPLETED' }],
  },
  {
    title: 'a switch in a dynamic fork runs its case, and the join waits for that',
    workflows: [workflow('w', [dynamicFork('f'), join('j')])],
    start: { input: { tasks: [choice('s', 'A', { A: [simple('a')] }), simple('b')] } },
    steps: [
      { see: 'RUNNING: f COMPLETED, s COMPLETED, a SCHEDULED, b SCHEDULED, j IN_PROGRESS' },
      { input: { joinOn: ['a', 'b'] }, of: 'j' },
      { work: 'b' },
      { work: 'a' },
      { see: 'COMPLETED: f COMPLETED, s COMPLETED, a COMPLETED, b COMPLETED, j COMPLETED' },
    ],
  },
  {
    title: 'a dynamically forked task without a definition is not tried again, whatever it asks for',
    workflows: [workflow('w', [dynamicFork('f'), join('j')])],
    start: { input: { tasks: [simple('a', {}, { retryCount: 3 })] } },
    steps: [{ work: 'a', reason: 'no luck' }, { see: 'FAILED: f COMPLETED, a FAILED, j CANCELED' }],
  },
  {
    title: 'a condition that only the sandbox can judge sees the loop and its body',
    workflows: [
      workflow('w', [loop('l', 'Object.keys($.l).length < 4 && $.i.result.includes("go")', [inline('i', '`go ${$.n}`', { n: '${l.output.iteration}' })])]),
    ],
    steps: [{ see: 'COMPLETED: l COMPLETED, i__1 COMPLETED, i__2 COMPLETED, i__3 COMPLETED' }],
  },
  {
    title: 'a loop in a loop runs all its rounds in each of the outer ones',
    workflows: [workflow('w', [loop('o', '$.o.iteration < 2', [loop('i', '$.i.iteration < 2', [simple('a')]), simple('b')]), simple('end')])],
    steps: [
      { work: 'a__1__1' },
      { work: 'a__1__2' },
      { work: 'b__1' },
      { work: 'a__2__1' },
      { work: 'a__2__2' },
      { work: 'b__2' },
      {
        see: 'RUNNING: o COMPLETED, i__1 COMPLETED, a__1__1 COMPLETED, a__1__2 COMPLETED, b__1 COMPLETED, i__2 COMPLETED, a__2__1 COMPLETED, a__2__2 COMPLETED, b__2 COMPLETED, end SCHEDULED',
      },
    ],
  },
  {
    title: 'a dynamic fork makes workers, children and tasks of the engine',
    workflows: [workflow('w', [dynamicFork('f'), join('j'), simple('end', { all: '${j.output}' })]), workflow('child', [simple('c')])],
    start: { input: { tasks: [simple('d'), inline('i', '1 + 1'), sub('s', 'child')] } },
    steps: [
      { see: 'RUNNING: f COMPLETED, d SCHEDULED, i COMPLETED, s IN_PROGRESS, j IN_PROGRESS' },
      { work: 'd', output: { v: 1 } },
      { work: 'c', in: 's' },
      { see: 'RUNNING: f COMPLETED, d COMPLETED, i COMPLETED, s COMPLETED, j COMPLETED, end SCHEDULED' },
    ],
  },
  {
    title: 'a dynamic fork over a list of elements',
    workflows: [workflow('w', [task('f', 'FORK_JOIN_DYNAMIC', { inputParameters: { forkTaskName: 'each', forkTaskInputs: [{ n: 1 }, 'two'] } }), join('j')])],
    steps: [
      { see: 'RUNNING: f COMPLETED, _each_0 SCHEDULED, _each_1 SCHEDULED, j IN_PROGRESS' },
      { input: { n: 1, __index: 0 }, of: '_each_0' },
      { input: { input: 'two', __index: 1 }, of: '_each_1' },
    ],
  },
  {
    title: 'worst case: a nested loop inside a dynamic fork with a retried branch',
    taskDefs: [taskDef('d', { retryCount: 1 }), taskDef('a', { retryCount: 1 })],
    workflows: [workflow('w', [dynamicFork('f'), join('j'), simple('end')])],
    start: { input: { tasks: [simple('d'), loop('o', '$.o.iteration < 2', [loop('i', '$.i.iteration < 2', [simple('a')])])] } },
    steps: [
      { see: 'RUNNING: f COMPLETED, d SCHEDULED, o IN_PROGRESS, j IN_PROGRESS, i__1 IN_PROGRESS, a__1__1 SCHEDULED' },
      { work: 'd', reason: 'once' },
      { work: 'a__1__1' },
      { work: 'a__1__2' },
      { work: 'a__2__1' },
      { work: 'd', output: { ok: true } },
      { work: 'a__2__2', reason: 'the last one' },
      {
        see: 'RUNNING: f COMPLETED, d FAILED, o IN_PROGRESS, j IN_PROGRESS, i__1 COMPLETED, a__1__1 COMPLETED, d#1 COMPLETED, a__1__2 COMPLETED, i__2 IN_PROGRESS, a__2__1 COMPLETED, a__2__2 FAILED, a__2__2#1 SCHEDULED',
      },
      { work: 'a__2__2' },
      {
        see: 'RUNNING: f COMPLETED, d FAILED, o COMPLETED, j COMPLETED, i__1 COMPLETED, a__1__1 COMPLETED, d#1 COMPLETED, a__1__2 COMPLETED, i__2 COMPLETED, a__2__1 COMPLETED, a__2__2 FAILED, a__2__2#1 COMPLETED, end SCHEDULED',
      },
    ],
  },
])
