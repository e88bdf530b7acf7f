import { expect, test } from 'vitest'
import { ApiException } from '../client/api-exception.js'
import { MovedClock } from '../fixtures/moved-clock.js'
import type { Task, TaskResult } from '../models/task.js'
import { WorkerProcess, type WorkerProcessConfig } from './process.js'
import { NonRetryableException, type TaskWorker } from './worker.js'

const turn = () => new Promise(setImmediate)

async function until(condition: () => boolean): Promise<void> {
  for (let turns = 0; turns < 1_000; turns++) {
    if (condition()) return
    await turn()
  }
  throw new Error(`waited in vain for ${String(condition)}`)
}

const task = (id: string, more: Task = {}): Task => ({ taskId: id, workflowInstanceId: `w-${id}`, ...more })

/** A worker on a clock that stands, with a queue that the test fills. `answers` go to the updates in turn. */
function bench(execute: TaskWorker['execute'], changes: Partial<WorkerProcessConfig> = {}, answers: (Error | 'ok')[] = []) {
  const clock = new MovedClock()
  const queue: Task[] = []
  const polls: unknown[][] = []
  const updates: TaskResult[] = []
  const lines: string[] = []
  const errors: [string, string | undefined][] = []
  const write = (...args: unknown[]) => void lines.push(String(args[0]))
  const process = new WorkerProcess({
    worker: { taskDefName: 'greet', execute },
    taskResource: {
      batchPoll: async (...args) => {
        polls.push(args)
        return queue.splice(0, args[3])
      },
      updateTask: async result => {
        const answer = answers[updates.push(result) - 1] ?? 'ok'
        if (answer instanceof Error) throw answer
      },
    },
    options: { workerID: 'me' },
    logger: { info: write, error: write, debug: () => {} },
    onError: (error, failed) => void errors.push([error.message, failed?.taskId]),
    clock,
    random: () => 1,
    ...changes,
  })
  return { process, clock, queue, polls, updates, lines, errors }
}

/** Runs one task to its end. */
async function outcome(execute: TaskWorker['execute'], changes: Partial<WorkerProcessConfig> = {}) {
  const b = bench(execute, changes)
  b.queue.push(task('1'))
  b.process.startPolling()
  await until(() => b.updates.length > 0)
  await b.process.stopPolling()
  return b
}

test('polls with the defaults of the original', async () => {
  const { process, polls, lines } = bench(async () => {})
  process.startPolling()
  await until(() => polls.length === 1)
  expect(process.isPolling).toBe(true)
  expect(polls).toEqual([['greet', 'me', undefined, 1, 100]])
  expect(lines).toEqual(['TaskWorker greet initialized with concurrency of 1 and poll interval of 100'])
  expect(() => process.startPolling()).toThrow('Runner is already started')
  await process.stopPolling()
  expect(process.isPolling).toBe(false)
})

test('a worker’s own settings go before those of the host', async () => {
  const worker = { taskDefName: 'greet', domain: 'own', concurrency: 3, pollInterval: 7, execute: async () => ({}) }
  const { process, polls } = bench(async () => {}, { worker, options: { workerID: 'me', domain: 'host', concurrency: 1, batchPollingTimeout: 50 } })
  process.startPolling()
  await until(() => polls.length === 1)
  expect(polls).toEqual([['greet', 'me', 'own', 3, 50]])
  await process.stopPolling()
})

test('sends what execute returns, with the ids and the worker, and nothing else', async () => {
  const { updates } = await outcome(async () => ({ status: 'COMPLETED', outputData: { hello: 'from worker' } }))
  expect(updates).toStrictEqual([{ status: 'COMPLETED', outputData: { hello: 'from worker' }, workflowInstanceId: 'w-1', taskId: '1', workerId: 'me' }])
})

test('sends a failure when execute throws, then tells the error handler', async () => {
  const { updates, errors, lines } = await outcome(() => {
    throw new Error('broken heart')
  })
  expect(updates).toStrictEqual([
    { workflowInstanceId: 'w-1', taskId: '1', workerId: 'me', status: 'FAILED', reasonForIncompletion: 'broken heart', outputData: {} },
  ])
  expect(errors).toEqual([['broken heart', '1']])
  expect(lines).toContain('Error executing 1')
})

test.each([
  ['a text', () => Promise.reject('just text'), { status: 'FAILED', reasonForIncompletion: 'just text' }],
  ['nothing at all', () => Promise.reject(undefined), { status: 'FAILED', reasonForIncompletion: 'An unknown error occurred' }],
  ['a failure for good', () => Promise.reject(new NonRetryableException('never')), { status: 'FAILED_WITH_TERMINAL_ERROR', reasonForIncompletion: 'never' }],
  ['an error it returned', async () => new Error('returned'), { status: 'FAILED', reasonForIncompletion: 'returned' }],
  ['a return of nothing', async () => {}, { status: 'COMPLETED', outputData: {} }],
  ['a result without a status', async () => ({ outputData: { a: 1 } }), { status: 'COMPLETED', outputData: { a: 1 } }],
])('what follows %s', async (_, execute, expected) => {
  expect((await outcome(execute)).updates).toEqual([expect.objectContaining(expected)])
})

test('lines that execute logs travel with the result; a stack only when asked for', async () => {
  const logging: TaskWorker['execute'] = async (_, { log }) => {
    log('half way')
    throw new Error('then not')
  }
  expect((await outcome(logging)).updates[0]?.logs).toEqual([{ log: 'half way', taskId: '1', createdTime: 0 }])
  const [line, stack] = (await outcome(logging, { stackTraces: true })).updates[0]?.logs ?? []
  expect(line?.log).toBe('half way')
  expect(stack?.log).toMatch(/^Error: then not\n.* at /)
})

test('an error handler that throws costs neither the slot nor the process', async () => {
  const b = bench(() => Promise.reject(new Error('first')), {
    onError: () => {
      throw new Error('second')
    },
  })
  b.queue.push(task('1'), task('2'))
  b.process.startPolling()
  await until(() => b.updates.length === 2)
  expect(b.lines).toContain('The error handler itself has failed')
  await b.process.stopPolling()
})

test('never runs more than its concurrency, and asks again as soon as a slot is free', async () => {
  const gates: (() => void)[] = []
  const b = bench(() => new Promise<void>(resolve => gates.push(resolve)), { options: { workerID: 'me', concurrency: 2 } })
  b.queue.push(task('1'), task('2'), task('3'))
  b.process.startPolling()
  await until(() => gates.length === 2)
  await turn()
  expect(b.polls).toHaveLength(1)
  gates[0]?.()
  await until(() => gates.length === 3)
  expect(b.clock.now()).toBe(0)
  expect(b.polls.map(poll => poll[3])).toEqual([2, 1])
  for (const open of gates) open()
  await b.process.stopPolling()
  expect(b.updates).toHaveLength(3)
})

test('an idle worker rests for what is left of its interval', async () => {
  const { process, polls, clock } = bench(async () => {})
  process.startPolling()
  await until(() => clock.delays.length === 1)
  expect(clock.delays).toEqual([100])
  clock.move(100)
  await until(() => polls.length === 2)
  await process.stopPolling()
})

test('failed polls back off and are told to the log, not to the error handler', async () => {
  const failing = { batchPoll: () => Promise.reject(new Error('no server')), updateTask: async () => {} }
  const { process, clock, lines, errors } = bench(async () => {}, { taskResource: failing })
  process.startPolling()
  for (const expected of [100, 200, 400]) {
    await until(() => clock.delays.length === 1)
    expect(clock.delays).toEqual([expected])
    clock.move(expected)
  }
  await process.stopPolling()
  expect(lines.filter(line => line === 'Error polling for tasks: no server').length).toBeGreaterThanOrEqual(3)
  expect(errors).toEqual([])
})

test('offers a result again until it is taken, and tells each failure', async () => {
  const b = bench(async () => ({ status: 'COMPLETED' }), {}, [new Error('one'), new Error('two')])
  b.queue.push(task('1'))
  b.process.startPolling()
  for (const [updates, delayMs] of [
    [1, 10],
    [2, 20],
  ] as const) {
    await until(() => b.updates.length === updates && b.clock.delays.includes(delayMs))
    b.clock.move(delayMs)
  }
  await until(() => b.updates.length === 3)
  expect(b.errors).toEqual([
    ['one', '1'],
    ['two', '1'],
  ])
  expect(b.lines.some(line => line.startsWith('Unable to update'))).toBe(false)
  await b.process.stopPolling()
})

test('says what is lost when a result is refused for good', async () => {
  const no = new ApiException(400, 'no', '', {})
  const b = bench(async () => ({ status: 'COMPLETED', outputData: { a: 1 } }), {}, [no, no, no])
  const telling = b.process.updateTaskWithRetry(task('1'), { taskId: '1', workflowInstanceId: 'w-1', status: 'COMPLETED', outputData: { a: 1 } })
  for (const delayMs of [10, 20]) {
    await until(() => b.clock.delays.includes(delayMs))
    b.clock.move(delayMs)
  }
  await telling
  expect(b.lines.slice(-2)).toEqual(['Unable to update task 1 after 3 retries', 'The result of task 1 is lost: COMPLETED, 1 output values'])
})

test('keeps the lease of a long task while it runs, and not a moment longer', async () => {
  let finish = () => {}
  const b = bench(() => new Promise<void>(resolve => (finish = resolve)))
  b.queue.push(task('1', { responseTimeoutSeconds: 10 }))
  b.process.startPolling()
  await until(() => b.clock.delays.includes(8_000))
  b.clock.move(8_000)
  await until(() => b.updates.length === 1)
  expect(b.updates).toStrictEqual([{ taskId: '1', workflowInstanceId: 'w-1', status: 'IN_PROGRESS', extendLease: true, workerId: 'me' }])
  finish()
  await until(() => b.updates.length === 2)
  b.clock.move(50_000)
  await b.process.stopPolling()
  expect(b.updates[1]).toMatchObject({ status: 'COMPLETED' })
  expect(b.updates).toHaveLength(2)
})

test('tells a task that the server does not want it any more', async () => {
  const gone = new ApiException(404, 'no such task', '', {})
  const b = bench((_, { signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))), { drainTimeoutMs: 1 }, [
    gone,
  ])
  b.queue.push(task('1', { responseTimeoutSeconds: 10 }))
  b.process.startPolling()
  await until(() => b.clock.delays.includes(8_000))
  b.clock.move(8_000)
  await until(() => b.updates.length === 2)
  expect(b.updates[1]).toMatchObject({ status: 'FAILED', reasonForIncompletion: 'The server does not want this task any more.' })
  await b.process.stopPolling()
})

test('stopping lets running tasks finish and tells their results', async () => {
  let finish = () => {}
  const b = bench(() => new Promise<void>(resolve => (finish = resolve)))
  b.queue.push(task('1'))
  b.process.startPolling()
  await until(() => b.polls.length === 1 && b.queue.length === 0)
  await turn()
  let stopped = false
  const stopping = b.process.stopPolling().then(() => (stopped = true))
  await turn()
  expect(stopped).toBe(false)
  finish()
  await stopping
  expect(b.updates).toHaveLength(1)
  expect(b.polls).toHaveLength(1)
})

test('stopping runs what the poll under way still brings', async () => {
  let answer = (_tasks: Task[]) => {}
  const updates: TaskResult[] = []
  const taskResource = {
    batchPoll: () => new Promise<Task[]>(resolve => (answer = resolve)),
    updateTask: async (result: TaskResult) => void updates.push(result),
  }
  const { process } = bench(async () => {}, { taskResource })
  process.startPolling()
  const stopping = process.stopPolling()
  answer([task('late')])
  await stopping
  expect(updates).toEqual([expect.objectContaining({ taskId: 'late', status: 'COMPLETED' })])
})

test('waits no longer than the drain time-out, and then tells the tasks', async () => {
  const aborted: unknown[] = []
  const b = bench((_, { signal }) => new Promise(() => signal.addEventListener('abort', () => aborted.push(signal.reason))), { drainTimeoutMs: 5_000 })
  b.queue.push(task('1'))
  b.process.startPolling()
  await until(() => b.queue.length === 0)
  await turn()
  const stopping = b.process.stopPolling()
  await turn()
  b.clock.move(5_000)
  await stopping
  expect(aborted).toEqual([new Error('The worker stops: the time to stop is over.')])
  expect(b.lines.at(-1)).toContain('stops with 1 tasks unfinished')
})

test('a second call to stop ends the wait', async () => {
  const b = bench(() => new Promise<never>(() => {}))
  b.queue.push(task('1'))
  b.process.startPolling()
  await until(() => b.queue.length === 0)
  await turn()
  const stopping = b.process.stopPolling()
  await b.process.stopPolling()
  await stopping
  expect(b.process.isPolling).toBe(false)
})

test('what a poll brings after the end is handed back', async () => {
  let answer = (_tasks: Task[]) => {}
  const updates: TaskResult[] = []
  const taskResource = {
    batchPoll: () => new Promise<Task[]>(resolve => (answer = resolve)),
    updateTask: async (result: TaskResult) => void updates.push(result),
  }
  const { process } = bench(async () => {}, { taskResource })
  process.startPolling()
  void process.stopPolling()
  await process.stopPolling()
  answer([task('late')])
  await until(() => updates.length === 1)
  expect(updates).toStrictEqual([{ taskId: 'late', workflowInstanceId: 'w-late', status: 'IN_PROGRESS', callbackAfterSeconds: 0, workerId: 'me' }])
})

test('stopped and started again at once, it still runs no more than its concurrency', async () => {
  const gates: (() => void)[] = []
  const b = bench(() => new Promise<void>(resolve => gates.push(resolve)))
  b.queue.push(task('1'), task('2'))
  b.process.startPolling()
  await until(() => gates.length === 1)
  const stopping = b.process.stopPolling()
  b.process.startPolling()
  await stopping
  await turn()
  expect(b.process.isPolling).toBe(true)
  expect(gates).toHaveLength(1)
  gates[0]?.()
  await until(() => gates.length === 2)
  gates[1]?.()
  await b.process.stopPolling()
})

test('new options act at once and are logged only when something changed', async () => {
  const { process, polls, lines, clock } = bench(async () => {})
  process.startPolling()
  await until(() => clock.delays.length === 1)
  process.updateOptions({ concurrency: 1, pollInterval: 100 })
  expect(lines).toHaveLength(1)
  process.updateOptions({ concurrency: 5, domain: 'new' })
  expect(lines[1]).toBe('TaskWorker greet configuration updated with concurrency of 5 and poll interval of 100')
  await until(() => polls.length === 2)
  expect(polls[1]).toEqual(['greet', 'me', 'new', 5, 100])
  expect(process.getOptions).toEqual({ workerID: 'me', domain: 'new', concurrency: 5, pollInterval: 100, batchPollingTimeout: 100 })
  await process.stopPolling()
})

test('a channel that answers without ever waiting does not starve the program', async () => {
  let executed = 0
  const endless = { batchPoll: async () => [task('again')], updateTask: async () => {} }
  const { process } = bench(async () => void executed++, { taskResource: endless })
  process.startPolling()
  await until(() => executed > 10)
  await process.stopPolling()
})
