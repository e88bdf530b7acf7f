import { after, type QueueName, type WorkerId } from '@busbar/kernel'
import { MemoryStore } from '@busbar/store/testing'
import { expect, test } from 'vitest'
import { ManualClock } from './testing/manual-clock.js'
import { WorkerBook } from './worker-book.js'

const log = { info: () => {}, warn: () => {}, error: () => {} }
const rule = (prefix: string) => ({ key: prefix, serves: (queue: QueueName) => queue.startsWith(prefix) })
const worker = 'w' as WorkerId
const queue = 'a/1' as QueueName

test('a queue can be served while one of the workers that take from it gives signs of life', () => {
  const clock = new ManualClock()
  const book = new WorkerBook(new MemoryStore(), clock, log)
  const minuteAgo = () => after(clock.now(), -60_000)
  clock.advance(60_000)
  expect(book.canServe(queue, minuteAgo())).toBe(false)
  book.seen(worker, clock.now())
  book.serves(worker, rule('a/'))
  book.serves('other' as WorkerId, rule('b/'))
  expect(book.canServe(queue, minuteAgo())).toBe(true)
  expect(book.canServe('b/1' as QueueName, minuteAgo())).toBe(false)
  clock.advance(50_000)
  book.seen(worker, clock.now())
  clock.advance(60_000)
  expect(book.canServe(queue, minuteAgo())).toBe(true)
  clock.advance(1)
  expect(book.canServe(queue, minuteAgo())).toBe(false)
})

test('a server that was not there yet cannot say that nobody was', () => {
  const clock = new ManualClock()
  const book = new WorkerBook(new MemoryStore(), clock, log)
  clock.advance(59_999)
  expect(book.canServe(queue, after(clock.now(), -60_000))).toBe(true)
})
