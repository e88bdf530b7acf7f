import { type ExecutionId, isRefusal, outcomeOf } from '@busbar/kernel'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Step } from './definition/types.js'
import { step, task, workspace } from './testing/definitions.js'
import { World, type WorldOptions } from './testing/world.js'
import { jobStatus, stepStatus } from './wire/status.js'

type Ending = 'completed' | 'failed'

interface Drawn {
  readonly needs: readonly number[]
  readonly willing: boolean
  readonly when: boolean
  readonly ending: Ending
}

/** Flows in which each step may need any of those before it. */
const flows = fc.array(fc.record({ needs: fc.array(fc.nat(7), { maxLength: 3 }), willing: fc.boolean(), when: weighted(0.85), ending: endings() }), {
  minLength: 1,
  maxLength: 8,
})

function weighted(share: number): fc.Arbitrary<boolean> {
  return fc.integer({ min: 0, max: 99 }).map(drawn => drawn < share * 100)
}

function endings(): fc.Arbitrary<Ending> {
  return weighted(0.7).map(good => (good ? 'completed' : 'failed'))
}

const nameAt = (index: number) => `s${index}`

function flowOf(drawn: readonly Drawn[]): Record<string, Step> {
  return Object.fromEntries(
    drawn.map(({ needs, willing, when }, index) => [
      nameAt(index),
      step({ dependsOn: needs.filter(need => need < index).map(nameAt), continueOnFailure: willing, when: when ? null : 'false' }),
    ]),
  )
}

function started(flow: Record<string, Step>, options: WorldOptions = {}): { world: World; id: ExecutionId } {
  const world = new World(workspace({ tasks: { main: task(flow) } }), options)
  const id = world.start('main')
  return isRefusal(id) ? expect.unreachable(id.message) : { world, id }
}

/** Works off everything; `pick` chooses which of the claimed steps ends next. */
function workOff(world: World, id: ExecutionId, endingOf: (name: string) => Ending, pick: (count: number) => number): void {
  const held: string[] = []
  for (;;) {
    for (let taken = world.claim('w1'); taken !== null; taken = world.claim('w1')) held.push(taken.step)
    const [name] = held.splice(pick(held.length), 1)
    if (name === undefined) return
    const failed = endingOf(name) === 'failed'
    world.send(id, { kind: 'complete', step: name, exitCode: failed ? 1 : 0, output: name, error: null })
  }
}

/**
 * The rules of promotion, said as plainly as possible: look at all steps again and again until nothing changes.
 * A step that is skipped early may have been skipped before its other dependencies ended: the result is the same.
 */
function naive(drawn: readonly Drawn[]): { steps: string[]; job: string } {
  const states = drawn.map(() => 'pending')
  for (let changed = true; changed; ) {
    changed = false
    for (const [index, { needs, willing, when, ending }] of drawn.entries()) {
      if (states[index] !== 'pending') continue
      const own = [...new Set(needs.filter(need => need < index))].map(need => states[need])
      const settled = own.every(state => state === 'completed' || state === 'skipped' || (willing && state === 'failed'))
      let next = 'pending'
      if (!willing && own.includes('failed')) next = 'skipped'
      else if (settled && own.length > 0 && own.every(state => state === 'skipped') && !willing) next = 'skipped'
      else if (settled) next = when ? ending : 'skipped'
      changed ||= next !== 'pending'
      states[index] = next
    }
  }
  const fatal = drawn.some(({ willing }, index) => states[index] === 'failed' && !willing)
  return { steps: states, job: fatal ? 'failed' : 'completed' }
}

describe('decide', () => {
  for (const forgetful of [false, true]) {
    test(`agrees with the plain rules on any flow and any order of endings (${forgetful ? 'loaded anew each time' : 'kept in memory'})`, () => {
      fc.assert(
        fc.property(flows, fc.infiniteStream(fc.nat(1000)), (drawn, picks) => {
          const { world, id } = started(flowOf(drawn), { forgetful })
          workOff(
            world,
            id,
            name => drawn[Number(name.slice(1))]?.ending ?? 'completed',
            count => (count === 0 ? 0 : picks.next().value % count),
          )
          const view = world.view(id)
          const expected = naive(drawn)
          expect(drawn.map((_, index) => stepStatus(view, nameAt(index)))).toEqual(expected.steps)
          expect(jobStatus(view.execution)).toBe(expected.job)
          expect(view.openCount).toBe(0)
          expect(view.due).toBeNull()
        }),
        { numRuns: 60 },
      )
    })
  }

  test('any flow with loops, retries and cancels ends, and leaves nothing open', () => {
    const loops = fc.array(
      fc.record({
        needs: fc.array(fc.nat(5), { maxLength: 2 }),
        willing: fc.boolean(),
        items: fc.option(fc.nat(4), { nil: null }),
        sequential: fc.boolean(),
        retries: fc.nat(2),
      }),
      { minLength: 1, maxLength: 6 },
    )
    fc.assert(
      fc.property(loops, fc.boolean(), fc.infiniteStream(fc.nat(1000)), fc.option(fc.nat(12), { nil: null }), (drawn, forgetful, chances, cancelAfter) => {
        const flow = Object.fromEntries(
          drawn.map(({ needs, willing, items, sequential, retries }, index) => [
            nameAt(index),
            step({
              dependsOn: needs.filter(need => need < index).map(nameAt),
              continueOnFailure: willing,
              forEach: items === null ? null : Array.from({ length: items }, (_, item) => item),
              sequential,
              retry: { attemptsMax: retries, delaySecs: 1, backoff: 'exponential', jitter: true },
            }),
          ]),
        )
        const { world, id } = started(flow, { forgetful })
        for (let turn = 0; turn < 400 && !world.view(id).isTerminal; turn++) {
          if (turn === cancelAfter) world.send(id, { kind: 'cancel', by: 'someone' })
          const taken = world.claim('w1')
          if (taken) world.send(id, { kind: 'complete', step: taken.step, exitCode: chances.next().value % 3 === 0 ? 1 : 0, output: null, error: null })
          else world.pass(2000)
        }
        expect(world.view(id).isTerminal).toBe(true)
        expect(world.view(id).openCount).toBe(0)
      }),
      { numRuns: 60 },
    )
  })

  test('the end of a step among thousands costs what its dependants cost', () => {
    const count = 2000
    const flow = Object.fromEntries(
      Array.from({ length: count }, (_, index) => [
        `s${String(index).padStart(4, '0')}`,
        step({ dependsOn: index === 0 ? [] : [`s${String(index - 1).padStart(4, '0')}`] }),
      ]),
    )
    const { world, id } = started(flow)
    for (let taken = world.claim('w1'); taken !== null; taken = world.claim('w1')) {
      world.send(id, { kind: 'complete', step: taken.step, exitCode: 0, output: null, error: null })
    }
    expect(world.view(id).status).toBe('completed')
    expect([...world.view(id).attempts()].every(attempt => outcomeOf(attempt) === 'completed')).toBe(true)
  })
})
