// What is measured of Busbar, each measure a function of a fresh client. Rates are taken over a span of steady load,
// after a warm-up; latencies are those of the callers.
import { setTimeout as sleep } from 'node:timers/promises'
import { simple, worker } from './busbar.mjs'
import { difference, quantile } from './statistics.mjs'

/**
 * One-task executions a second from start to completion, `inFlight` of them at any time. On a machine that is shared the
 * rate depends on what the others leave over; the server's processor time for each execution hardly does. `counters` answers
 * numbers that grow; `used` is by how much they grew in the span.
 */
export async function oneTaskRate(client, { inFlight, seconds, warmupSeconds = 2, polls = 4, counters = async () => ({}) }) {
  await client.register({ name: 'bench_one', tasks: [simple('bench_one_task')] })
  const begunAt = new Map()
  const waiting = new Map()
  const latencies = []
  let measuring = false
  let done = 0
  const w = worker(client, 'bench_one_task', {
    count: 64,
    polls,
    onDone(task) {
      const id = task.workflowInstanceId
      if (measuring) {
        done += 1
        if (begunAt.has(id)) latencies.push(performance.now() - begunAt.get(id))
      }
      begunAt.delete(id)
      const next = waiting.get(id)
      if (next) next()
      else waiting.set(id, null)
      if (next) waiting.delete(id)
    },
  })
  let running = true
  const starter = async (_, n) => {
    const own = client.of(n)
    while (running) {
      const begun = performance.now()
      const id = await own.start('bench_one')
      begunAt.set(id, begun)
      // The task may be done before the start's answer is read.
      if (waiting.has(id)) {
        waiting.delete(id)
        if (measuring) latencies.push(performance.now() - begun)
        begunAt.delete(id)
        continue
      }
      await new Promise(resolve => waiting.set(id, resolve))
    }
  }
  const starters = Array.from({ length: inFlight }, starter)
  await sleep(warmupSeconds * 1000)
  const before = await counters()
  measuring = true
  const begun = performance.now()
  await sleep(seconds * 1000)
  measuring = false
  const elapsed = (performance.now() - begun) / 1000
  const used = difference(before, await counters())
  running = false
  await Promise.all(starters)
  await w.stop()
  return { perSecond: done / elapsed, p50Ms: quantile(latencies, 0.5), p99Ms: quantile(latencies, 0.99), done, seconds: elapsed, used }
}

/** On an idle system that is warm (compiled code, as after the first minute): from one step's completion to the next step in the worker's hands, and from start to done of one task. */
export async function idleLatencies(client, { rounds, warmupRounds = 100 }) {
  const steps = 10
  await client.register({ name: 'bench_steps', tasks: Array.from({ length: steps }, (_, n) => simple('bench_step', `s${n}`)) })
  await client.register({ name: 'bench_single', tasks: [simple('bench_single_task')] })
  const between = []
  const whole = []
  for (let round = -warmupRounds; round < rounds; round++) {
    const isMeasured = round >= 0
    const poll = client.poll('bench_step', 1)
    await client.start('bench_steps')
    let [task] = await poll
    for (let step = 1; step < steps; step++) {
      const next = client.poll('bench_step', 1)
      const begun = performance.now()
      await client.complete(task)
      ;[task] = await next
      if (isMeasured) between.push(performance.now() - begun)
    }
    await client.complete(task)
    const single = client.poll('bench_single_task', 1)
    const begun = performance.now()
    await client.start('bench_single')
    const [only] = await single
    await client.complete(only)
    if (isMeasured) whole.push(performance.now() - begun)
  }
  return { stepP50Ms: quantile(between, 0.5), stepP99Ms: quantile(between, 0.99), wholeP50Ms: quantile(whole, 0.5), wholeP99Ms: quantile(whole, 0.99) }
}

const type = 'bench_size_task'
const join = (name, joinOn) => ({ name, taskReferenceName: name, type: 'JOIN', inputParameters: {}, joinOn })
const loop = (size, more) => ({
  tasks: [
    {
      name: 'l',
      taskReferenceName: 'l',
      type: 'DO_WHILE',
      inputParameters: { ...more },
      loopCondition: `$.l['iteration'] < ${size}`,
      loopOver: [simple(type, 't')],
    },
  ],
})

/** A definition of so many tasks, the input of an execution of it, how many of its tasks are for workers, and what must be registered before it. */
const shapes = {
  sequential: size => ({ tasks: Array.from({ length: size }, (_, n) => simple(type, `t${n}`)) }),
  forked: size => ({
    tasks: [
      { name: 'f', taskReferenceName: 'f', type: 'FORK_JOIN', inputParameters: {}, forkTasks: Array.from({ length: size }, (_, n) => [simple(type, `t${n}`)]) },
      join(
        'j',
        Array.from({ length: size }, (_, n) => `t${n}`),
      ),
    ],
  }),
  /** Its branches come with the input. */
  'forked dynamically': size => ({
    tasks: [
      {
        name: 'f',
        taskReferenceName: 'f',
        type: 'FORK_JOIN_DYNAMIC',
        inputParameters: { forkTaskName: type, forkTaskInputs: '${workflow.input.branches}' },
      },
      join('j', []),
    ],
    input: { branches: Array.from({ length: size }, (_, n) => ({ n })) },
  }),
  looped: size => loop(size, {}),
  /** Only the last two iterations are kept. */
  'looped, two kept': size => loop(size, { keepLastN: 2 }),
  /** A child that starts a child that starts a child; a task is a level of it. */
  'chained children': size => ({
    before: {
      name: 'bench_link',
      tasks: [
        {
          name: 'n',
          taskReferenceName: 'n',
          type: 'INLINE',
          inputParameters: { evaluatorType: 'graaljs', left: '${workflow.input.left}', expression: '$.left - 1' },
        },
        {
          name: 's',
          taskReferenceName: 's',
          type: 'SWITCH',
          evaluatorType: 'value-param',
          expression: 'left',
          inputParameters: { left: '${n.output.result}' },
          decisionCases: { 0: [simple(type, 'last')] },
          defaultCase: [
            {
              name: 'c',
              taskReferenceName: 'c',
              type: 'SUB_WORKFLOW',
              inputParameters: { left: '${n.output.result}' },
              subWorkflowParam: { name: 'bench_link', version: 1 },
            },
          ],
        },
      ],
    },
    tasks: [
      { name: 'c', taskReferenceName: 'c', type: 'SUB_WORKFLOW', inputParameters: { left: size }, subWorkflowParam: { name: 'bench_link', version: 1 } },
      simple(type, 'after'),
    ],
    forWorkers: 2,
  }),
}

/** Milliseconds a task, start to end, in one execution of `size` tasks. */
export async function costPerTask(client, shape, size) {
  const name = `bench_${shape.replaceAll(/\W+/g, '_')}_${size}`
  const { before, tasks, input = {}, forWorkers = size } = shapes[shape](size)
  if (before) await client.register(before)
  await client.register({ name, tasks })
  let ended
  const end = new Promise(resolve => {
    ended = resolve
  })
  let done = 0
  const w = worker(client, type, { count: 100, polls: 2, onDone: () => ++done === forWorkers && ended() })
  const begun = performance.now()
  const id = await client.start(name, input)
  const startMs = performance.now() - begun
  await end
  const ms = performance.now() - begun
  await w.stop()
  const { status } = await client.get(`/api/workflow/${id}?includeTasks=false`)
  if (status !== 'COMPLETED') throw new Error(`the ${shape} execution of ${size} tasks is ${status}`)
  return { msPerTask: ms / size, totalMs: ms, startMs }
}

/** Executions that wait for a worker that never comes. */
export async function openExecutions(client, count) {
  await client.register({ name: 'bench_open', tasks: [simple('bench_open_task')] })
  let left = count
  await Promise.all(
    Array.from({ length: 64 }, async () => {
      while (left-- > 0) await client.start('bench_open', { customer: 'c-1234567', amount: 12.5 })
    }),
  )
}
