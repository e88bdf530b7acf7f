import { expect, it } from 'vitest'
import { ServerError, type WireLogLine } from './client.js'
import { LogStream, logLimits } from './log-stream.js'

const now = () => '2026-01-01T00:00:00.000Z'
const quick = { ...logLimits, retryMsMax: 1 }

it('lines arrive once and in order, although the server fails now and then', async () => {
  const arrived: string[] = []
  let turn = 0
  const stream = new LogStream(
    async lines => {
      if (turn++ % 2 === 0) throw new Error('connection reset')
      arrived.push(...lines.map(({ line }) => line))
    },
    now,
    () => undefined,
    { ...quick, batchBytesMax: 300 },
  )
  const sent = Array.from({ length: 50 }, (_, n) => `line ${n}`)
  for (const line of sent) stream.add('stdout', line)
  await stream.end()
  expect(arrived).toEqual(sent)
})

it('no batch is larger than its bound, unless one line alone is', async () => {
  const batches: (readonly WireLogLine[])[] = []
  const stream = new LogStream(
    async lines => void batches.push(lines),
    now,
    () => undefined,
    { ...quick, batchBytesMax: 500 },
  )
  stream.add('stdout', 'x'.repeat(2000))
  for (let n = 0; n < 20; n++) stream.add('stderr', 'y'.repeat(100))
  await stream.end()
  expect(batches.flat()).toHaveLength(21)
  for (const batch of batches.slice(1)) expect(batch.length).toBeLessThanOrEqual(2)
})

it('a slow server makes the step wait, and lets it go on when it caught up', async () => {
  let release = () => {}
  const slow = new Promise<void>(resolve => {
    release = resolve
  })
  const stream = new LogStream(
    () => slow,
    now,
    () => undefined,
    { ...quick, batchBytesMax: 100, bufferBytesMax: 300 },
  )
  expect(stream.room()).toBeNull()
  for (let n = 0; n < 10; n++) stream.add('stdout', 'z'.repeat(50))
  const room = stream.room()
  expect(room).not.toBeNull()
  release()
  await room
  await stream.end()
  expect(stream.room()).toBeNull()
})

it('lines that the server refuses for good are given up and counted', async () => {
  let dropped = 0
  const stream = new LogStream(
    () => Promise.reject(new ServerError('logs', 413, 'too large')),
    now,
    (_, count) => (dropped += count),
    quick,
  )
  stream.add('stdout', 'one')
  stream.add('stdout', 'two')
  await stream.end()
  expect(dropped).toBe(2)
})

it('more than a step may log is dropped, and the log says how many lines', async () => {
  const arrived: string[] = []
  const stream = new LogStream(
    async lines => void arrived.push(...lines.map(({ line }) => line)),
    now,
    () => undefined,
    { ...quick, stepBytesMax: 300 },
  )
  for (let n = 0; n < 10; n++) stream.add('stdout', `line ${n}`)
  await stream.end()
  expect(arrived.at(-1)).toMatch(/\d+ lines were dropped/)
  expect(arrived.length).toBeLessThan(10)
})
