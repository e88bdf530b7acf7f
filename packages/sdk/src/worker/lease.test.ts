import { expect, test } from 'vitest'
import { ApiException } from '../client/api-exception.js'
import { MovedClock } from '../fixtures/moved-clock.js'
import { Lease } from './lease.js'

function leased(leaseMs: number, answers: (Error | 'ok')[] = []) {
  const clock = new MovedClock()
  const extensions: number[] = []
  const lost: string[] = []
  const lease = new Lease({
    clock,
    leaseMs,
    extend: async () => {
      extensions.push(clock.now())
      const answer = answers[extensions.length - 1] ?? 'ok'
      if (answer instanceof Error) throw answer
    },
    onLost: why => lost.push(why.message),
    onTrouble: () => {},
  })
  const move = async (byMs: number) => {
    clock.move(byMs)
    await new Promise(setImmediate)
  }
  return { clock, lease, extensions, lost, move }
}

test('renews at four fifths of the lease, again and again', async () => {
  const { extensions, move, lease } = leased(10_000)
  for (let i = 0; i < 3; i++) await move(8_000)
  expect(extensions).toEqual([8_000, 16_000, 24_000])
  expect(lease.heldUntil).toBe(34_000)
})

test('does nothing more once it has ended', async () => {
  const { extensions, move, lease, clock } = leased(10_000)
  lease.end()
  await move(60_000)
  expect(extensions).toEqual([])
  expect(clock.delays).toEqual([])
})

test('does not renew a lease that is shorter than a second, or none', () => {
  expect(leased(900).clock.delays).toEqual([])
  expect(leased(0).clock.delays).toEqual([])
})

test('tries again soon after a failure, and goes on as usual when that works', async () => {
  const { extensions, move, lost } = leased(10_000, [new Error('no network')])
  await move(8_000)
  await move(500)
  await move(8_000)
  expect(extensions).toEqual([8_000, 8_500, 16_500])
  expect(lost).toEqual([])
})

test('is lost when it could not be renewed in its time', async () => {
  const { move, lost, clock } = leased(
    10_000,
    Array.from({ length: 50 }, () => new Error('no network')),
  )
  await move(8_000)
  for (let i = 0; i < 50 && lost.length === 0; i++) await move(clock.delays[0] ?? 0)
  expect(lost).toEqual(['The lease of this task could not be renewed in time.'])
  expect(clock.now()).toBeLessThanOrEqual(10_100)
  expect(clock.delays).toEqual([])
})

test('is lost at once when the server says that the task is not wanted', async () => {
  const { move, lost, clock } = leased(10_000, [new ApiException(404, 'no such task', '', {})])
  await move(8_000)
  expect(lost).toEqual(['The server does not want this task any more.'])
  expect(clock.delays).toEqual([])
})
