import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Attempt, nextLook } from './attempt.js'
import type { DialectTypes } from './dialect-types.js'
import { type ActivityKey, type DefinitionId, newExecutionId, type QueueName, type WorkerId } from './ids.js'
import { isRefusal } from './problem.js'
import { type Instant, instant } from './time.js'
import { View } from './view.js'

interface Plain extends DialectTypes {
  readonly plan: null
  readonly brief: null
  readonly state: { readonly n: number }
  readonly data: string
  readonly command: { readonly kind: string }
  readonly reply: null
}

const start = instant(1_000_000)
const worker = 'w' as WorkerId
const queue = 'q' as QueueName
const key = (text: string) => text as ActivityKey

function fresh(): View<Plain> {
  const id = newExecutionId(start, { high12: 1, low38: 1 })
  return new View<Plain>({
    execution: {
      id,
      dialect: 'conductor',
      definition: 'd' as DefinitionId,
      label: { namespace: '', name: 'n', version: '1', handle: '', source: '' },
      parent: null,
      status: 'running',
      createdAt: start,
      updatedAt: start,
      endedAt: null,
      brief: null,
      state: { n: 0 },
    },
    plan: null,
    version: 0,
    due: null,
    lastOrdinal: 0,
    lastMessage: 0,
    attempts: [],
  })
}

/** A view as it is after its first commit, with one attempt waiting. */
function withOne(): View<Plain> {
  const view = fresh()
  view.open({ key: key('a'), number: 0, data: 'in', queue, leaseMs: 60_000 }, start)
  view.committed()
  return view
}

describe('a lease', () => {
  it('raises the fence each time it is handed out', () => {
    const view = withOne()
    expect(view.lease(1, worker, start).fence).toBe(1)
    view.postpone(1, start, start)
    expect(view.lease(1, worker, start).fence).toBe(3)
  })

  it('of an old fence cannot close the attempt', () => {
    const view = withOne()
    const old = view.lease(1, worker, start).fence
    view.postpone(1, start, start)
    view.lease(1, worker, start)
    expect(isRefusal(view.close(1, 'completed', { kind: 'worker', worker, fence: old }, start))).toBe(true)
    expect(view.close(1, 'completed', { kind: 'worker', worker, fence: old + 2 }, start)).toBeNull()
  })

  it('is not given for an attempt that is held, leased or closed', () => {
    const view = withOne()
    view.lease(1, worker, start)
    expect(() => view.lease(1, worker, start)).toThrow('only a waiting one')
    view.close(1, 'completed', { kind: 'engine' }, start)
    expect(() => view.lease(1, worker, start)).toThrow('only a waiting one')
  })
})

describe('a closed attempt', () => {
  it('keeps its outcome', () => {
    const view = withOne()
    view.close(1, 'failed', { kind: 'operator' }, start)
    expect(view.close(1, 'completed', { kind: 'operator' }, start)).toMatchObject({ code: 'conflict' })
    expect(view.attempt(1)?.state).toMatchObject({ outcome: 'failed' })
  })
})

describe('changes', () => {
  it('are empty after a commit and name exactly what was touched', () => {
    const view = withOne()
    expect(view.isChanged).toBe(false)
    view.open({ key: key('b'), number: 0, data: 'x', queue: null }, start)
    view.amend(1, 'out')
    const changes = view.takeChanges()
    expect(changes.attempts.map(({ attempt, expectedFence }) => [attempt.ordinal, expectedFence])).toEqual([
      [2, null],
      [1, 0],
    ])
    expect(changes.version).toBe(1)
  })

  it('of a claim alone leave the execution and its version alone', () => {
    const view = withOne()
    view.lease(1, worker, start)
    expect(view.takeChanges()).toMatchObject({ execution: null })
    view.committed()
    expect(view.version).toBe(1)
  })

  it('forget an attempt that was opened and removed before a commit', () => {
    const view = withOne()
    view.open({ key: key('b'), number: 0, data: 'x', queue: null }, start)
    view.remove(2)
    expect(view.takeChanges()).toMatchObject({ attempts: [], removed: [] })
    view.remove(1)
    expect(view.takeChanges().removed).toEqual([1])
    expect(view.open({ key: key('c'), number: 0, data: 'y', queue: null }, start).ordinal).toBe(3)
  })

  it('carry the number of each message, so that sending again is the same message', () => {
    const view = withOne()
    view.send(view.id, { kind: 'command', command: { kind: 'tick' } })
    expect(view.takeChanges().sent.map(message => message.id)).toEqual([`${view.id}:1`])
  })
})

describe('the newest attempt', () => {
  it('speaks for its activity, and an older one again when it is removed', () => {
    const view = withOne()
    view.open({ key: key('a'), number: 1, data: 'second', queue }, start)
    expect(view.newest(key('a'))?.data).toBe('second')
    expect([...view.activities()].map(attempt => attempt.ordinal)).toEqual([2])
    view.remove(2)
    expect(view.newest(key('a'))?.data).toBe('in')
  })
})

describe('times that come from outside', () => {
  const strange = fc.oneof(fc.double({ noNaN: true }), fc.double({ min: -10, max: 10, noNaN: true }))

  it('are whole milliseconds before the end of time in all that is stored', () => {
    fc.assert(
      fc.property(strange, strange, (a, b) => {
        const view = fresh()
        view.open({ key: key('a'), number: 0, data: '', queue, leaseMs: Math.abs(a), notBefore: instant(start + b), wakeAt: instant(b) }, start)
        view.open({ key: key('b'), number: 0, data: '', queue, leaseMs: Math.abs(b) }, start)
        view.lease(2, worker, start)
        view.extend(2, instant(a), start)
        view.setWake(2, instant(start + a), start)
        view.open({ key: key('c'), number: 0, data: '', queue }, start)
        view.postpone(3, instant(a), start)
        view.wakeAt(instant(b))
        view.rearm(start)
        for (const { state, leaseMs, wakeAt } of view.attempts()) {
          const moments = state.kind === 'waiting' ? [state.notBefore] : state.kind === 'leased' ? [state.until] : []
          for (const moment of [...moments, leaseMs, wakeAt, view.due]) expect(moment === null || Number.isSafeInteger(moment)).toBe(true)
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('due', () => {
  type Step = { readonly what: 'open' | 'hold' | 'lease' | 'postpone' | 'extend' | 'close' | 'tick'; readonly pick: number; readonly ms: number }
  const steps: fc.Arbitrary<Step[]> = fc.array(
    fc.record({
      what: fc.constantFrom('open', 'hold', 'lease', 'postpone', 'extend', 'close', 'tick'),
      pick: fc.nat(20),
      ms: fc.integer({ min: 1, max: 100_000 }),
    }),
    { maxLength: 40 },
  )

  it('is never later than the first moment at which somebody must look', () => {
    fc.assert(
      fc.property(steps, list => {
        const view = fresh()
        let now = start
        for (const step of list) {
          now = instant(now + (step.ms % 50))
          play(view, step, now)
          const looks = [...view.openAttempts()].map(attempt => nextLook(attempt, now)).filter((look): look is Instant => look !== null && look > now)
          if (looks.length > 0) {
            const first = Math.min(...looks)
            expect(view.due).not.toBeNull()
            expect(view.due).toBeLessThanOrEqual(first)
          }
        }
      }),
    )
  })

  function play(view: View<Plain>, step: Step, now: Instant): void {
    const open: Attempt<string>[] = [...view.openAttempts()]
    const one = open[step.pick % Math.max(open.length, 1)]
    switch (step.what) {
      case 'open':
        view.open({ key: key(`k${step.pick}`), number: 0, data: '', queue, leaseMs: step.ms, notBefore: instant(now + (step.ms % 1_000)) }, now)
        return
      case 'hold':
        view.open({ key: key(`k${step.pick}`), number: 0, data: '', queue: null, wakeAt: instant(now + step.ms) }, now)
        return
      case 'tick':
        view.rearm(now)
        return
      case 'lease':
        if (one?.state.kind === 'waiting' && one.state.notBefore <= now) view.lease(one.ordinal, worker, now)
        return
      case 'postpone':
        if (one?.queue) view.postpone(one.ordinal, instant(now + step.ms), now)
        return
      case 'extend':
        if (one) view.extend(one.ordinal, instant(now + step.ms), now)
        return
      case 'close':
        if (one) view.close(one.ordinal, 'completed', { kind: 'engine' }, now)
    }
  }
})
