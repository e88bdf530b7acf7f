import type { JsonObject } from '@busbar/kernel'
import { isRefusal } from '@busbar/kernel'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ConductorView } from '../decide/task.js'
import { choice, fork, inline, join, loop, setVariable, simple, sub, task, taskDef, workflow } from '../testing/build.js'
import { summary } from '../testing/play.js'
import { evaluate, mustHold } from '../testing/run-scenarios.js'
import { World } from '../testing/world.js'

/** A random list of tasks whose reference names are unique. */
function tasksOf(random: () => number, depth: number, names: { next: number }): JsonObject[] {
  return Array.from({ length: 1 + Math.floor(random() * 3) }, () => anyTask(random, depth, names)).flat()
}

function anyTask(random: () => number, depth: number, names: { next: number }): JsonObject[] {
  const ref = `t${(names.next += 1)}`
  const nested = () => tasksOf(random, depth - 1, names)
  const last = (list: readonly JsonObject[]) => String(list.at(-1)?.['taskReferenceName'])
  switch (Math.floor(random() * (depth > 0 ? 12 : 7))) {
    case 0:
    case 1:
      return [simple(ref, { x: '${workflow.variables.v}' }, { optional: random() < 0.2, permissive: random() < 0.1 })]
    case 2:
      return [setVariable(ref, { v: ref })]
    case 3:
      return [inline(ref, '[$.a].length + 1', { a: 1 })]
    case 4:
      return [task(ref, 'WAIT', { inputParameters: { duration: '5s' } })]
    case 5:
      return [sub(ref, 'child', {}, { optional: random() < 0.3 })]
    case 6: {
      const dynamicTasks = [simple(`${ref}x`), simple(`${ref}y`, {}, { optional: random() < 0.5 })]
      const inputParameters = { tasks: dynamicTasks.slice(0, Math.floor(random() * 3)), inputs: {} }
      return [task(ref, 'FORK_JOIN_DYNAMIC', { inputParameters, dynamicForkTasksParam: 'tasks', dynamicForkTasksInputParamName: 'inputs' }), join(`${ref}j`)]
    }
    case 7:
      return [
        choice(ref, 'stop', { stop: random() < 0.3 ? [task(`${ref}end`, 'TERMINATE', { inputParameters: { terminationStatus: 'COMPLETED' } })] : nested() }),
      ]
    case 8:
      return [loop(ref, `$.${ref}.iteration < 4`, nested(), { inputParameters: { keepLastN: 2 } })]
    case 9:
      return [choice(ref, random() < 0.5 ? 'A' : 'B', { A: nested() }, random() < 0.5 ? nested() : [])]
    case 10:
      return [loop(ref, `$.${ref}.iteration < 2`, nested())]
    default: {
      const branches = [nested(), nested()]
      return [fork(ref, ...branches), join(`${ref}j`, ...branches.map(last))]
    }
  }
}

/** A small generator of numbers in [0, 1), so that a failure can be played again from its seed. */
function generator(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

function playAtRandom(seed: number, reloads: boolean): { readonly views: readonly ConductorView[]; readonly story: string } {
  const random = generator(seed)
  const world = new World({ evaluate, onCommit: mustHold })
  const names = { next: 0 }
  const tasks = tasksOf(random, 4, names)
  for (let n = 1; n <= names.next; n++)
    if (random() < 0.7) world.defineTask(taskDef(`t${n}`, { retryCount: Math.floor(random() * 2), responseTimeoutSeconds: 20 }))
  world.define(workflow('child', [simple('c')]))
  world.define(workflow('w', tasks))
  const id = world.start({ name: 'w', input: { x: 1 } })
  if (isRefusal(id)) throw new Error(id.message)
  for (let step = 0; step < 300 && !world.view(id).isTerminal; step++) {
    act(world, id, random)
    if (reloads && random() < 0.3) for (const one of world.views.keys()) world.reload(one)
  }
  return { views: [...world.views.values()], story: `seed ${seed}: ${JSON.stringify(tasks)}\n${summary(world.view(id))}` }
}

function act(world: World, id: ConductorView['id'], random: () => number): void {
  const open = [...world.views.values()].flatMap(view => [...view.openAttempts()].filter(one => one.queue !== null).map(one => ({ view, one })))
  const chosen = open[Math.floor(random() * open.length)]
  const luck = random()
  if (luck < 0.03) world.send(id, { kind: 'pause' })
  else if (luck < 0.2) world.send(id, { kind: 'resume' })
  else if (chosen === undefined || luck < 0.3) return world.advance(Math.floor(random() * 15_000))
  if (chosen === undefined || chosen.one.queue === null) return
  world.poll(chosen.one.queue)
  const status = random() < 0.75 ? 'COMPLETED' : random() < 0.3 ? 'IN_PROGRESS' : 'FAILED'
  world.send(chosen.view.id, {
    kind: 'update',
    attempt: chosen.one.id,
    status,
    output: { n: Math.floor(random() * 10) },
    reason: null,
    worker: 'w',
    callbackAfterSeconds: 0,
    extendLease: false,
    subWorkflowId: null,
    logs: [],
  })
}

describe('whatever happens', () => {
  it('deciding again changes nothing, and no task is open twice', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), fc.boolean(), (seed, reloads) => {
        const { views, story } = playAtRandom(seed, reloads)
        const root = views[0]
        expect([root?.isTerminal, story]).toEqual([true, story])
        for (const view of views) if (view.isTerminal) expect([view.openCount, story]).toEqual([0, story])
      }),
      { numRuns: 25 },
    )
  })
})
