import { type AttemptId, type ExecutionId, isRefusal, type JsonObject } from '@busbar/kernel'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ConductorCommand } from '../commands.js'
import type { ConductorView, Task } from '../decide/task.js'
import { fork, join, loop, simple, sub, taskDef, workflow } from '../testing/build.js'
import { summary } from '../testing/play.js'
import { evaluate, mustHold } from '../testing/run-scenarios.js'
import { World } from '../testing/world.js'

/** A task in a loop, in a fork, or as it is. */
function placed(shape: number, ref: string, inner: JsonObject): JsonObject[] {
  if (shape === 0) return [inner]
  if (shape === 1) return [loop(`${ref}l`, `$.${ref}l.iteration < 2`, [inner])]
  return [fork(`${ref}f`, [inner], [simple(`${ref}x`)]), join(`${ref}j`, ref, `${ref}x`)]
}

interface Family {
  readonly world: World
  readonly root: ExecutionId
}

/** Three levels: a child in a loop, a fork or alone, with a child of its own that is placed likewise. */
function familyOf(shapes: readonly [number, number], isOptional: boolean): Family {
  const world = new World({ evaluate, onCommit: mustHold })
  for (const name of ['a', 'b', 'c', 'd', 'mx', 'rx']) world.defineTask(taskDef(name, { retryCount: 0 }))
  world.define(workflow('leaf', [simple('c'), simple('d')]))
  world.define(workflow('mid', [...placed(shapes[1], 'm', sub('m', 'leaf')), simple('b')]))
  world.define(workflow('w', [...placed(shapes[0], 'r', sub('r', 'mid', {}, { optional: isOptional })), simple('a')]))
  const root = world.start({ name: 'w', input: {} })
  if (isRefusal(root)) throw new Error(root.message)
  return { world, root }
}

type Choose = (below: number) => number

function anyVerb({ world }: Family, view: ConductorView, choose: Choose): ConductorCommand {
  const tasks = [...world.views.values()].flatMap(one => [...one.attempts()])
  const target = tasks[choose(tasks.length)]
  const path = target === undefined ? null : pathTo(world, view.id, target)
  const verbs: ConductorCommand[] = [
    { kind: 'pause' },
    { kind: 'resume' },
    { kind: 'terminate', reason: 'no more' },
    { kind: 'restart', useLatestDefinitions: choose(2) === 0 },
    { kind: 'retry', resumeSubworkflowTasks: false },
    { kind: 'retry', resumeSubworkflowTasks: true },
    { kind: 'resetCallbacks' },
    { kind: 'skipTask', reference: ['a', 'b', 'd'][choose(3)] ?? 'a', taskInput: null, taskOutput: null },
    { kind: 'rerun', fromTask: null, path: [], workflowInput: null, taskInput: null, correlationId: null },
    { kind: 'rerun', fromTask: path === null ? null : (target?.id ?? null), path: path ?? [], workflowInput: null, taskInput: null, correlationId: null },
  ]
  return verbs[choose(verbs.length)] ?? { kind: 'decide' }
}

function pathTo(world: World, root: ExecutionId, task: Task): readonly ExecutionId[] | null {
  const path: ExecutionId[] = []
  let at: ConductorView | undefined = [...world.views.values()].find(view => view.attempt(task.ordinal)?.id === task.id)
  while (at !== undefined && at.id !== root) {
    path.unshift(at.id)
    const parent: ExecutionId | undefined = at.execution.parent?.execution
    at = parent === undefined ? undefined : world.views.get(parent)
  }
  return at === undefined ? null : path
}

function work(world: World, view: ConductorView, attempt: AttemptId, status: 'COMPLETED' | 'FAILED'): void {
  const more = { reason: null, worker: 'w', callbackAfterSeconds: 0, extendLease: false, subWorkflowId: null, logs: [] }
  world.send(view.id, { kind: 'update', attempt, status, output: { n: 1 }, ...more })
}

function openWork(world: World): { readonly view: ConductorView; readonly task: Task }[] {
  return [...world.views.values()].flatMap(view => [...view.openAttempts()].filter(task => task.queue !== null).map(task => ({ view, task })))
}

/** Numbers below a bound, the same for the same seed. */
function chooser(seed: number): Choose {
  let state = seed | 0
  return below => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) | 0
    return below === 0 ? 0 : ((state ^ (state >>> 13)) >>> 0) % below
  }
}

/** Work and verbs at random, at every level. */
function trouble(family: Family, seed: number, steps: number): void {
  const { world } = family
  const choose = chooser(seed)
  for (let step = 0; step < steps; step++) {
    const open = openWork(world)
    const chosen = open[choose(open.length)]
    if (choose(3) > 0 && chosen !== undefined) work(world, chosen.view, chosen.task.id, choose(4) === 0 ? 'FAILED' : 'COMPLETED')
    else {
      const views = [...world.views.values()]
      const view = views[choose(views.length)]
      if (view !== undefined) world.send(view.id, anyVerb(family, view, choose))
    }
    if (choose(10) === 0) for (const id of world.views.keys()) world.reload(id)
  }
}

/** Nobody does anything odd any more: what is paused is resumed, what is open is done. */
function calm({ world }: Family): void {
  for (let round = 0; round < 200; round++) {
    for (const view of [...world.views.values()]) if (view.status === 'paused') world.send(view.id, { kind: 'resume' })
    const open = openWork(world)
    if (open.length === 0) return
    for (const { view, task } of open) work(world, view, task.id, 'COMPLETED')
  }
}

/** Plays that once left something open, or had executions ask each other for ever. */
const wentWrong: [[number, number], boolean, number, number][] = [
  [[2, 2], true, 7, 18],
  [[1, 1], true, 984_375, 35],
  [[0, 1], true, 989_901, 14],
  [[0, 1], false, 366_541, 15],
  [[0, 0], false, 10, 21],
  [[1, 1], false, 999_983, 37],
  [[1, 2], false, 689_333, 30],
  [[1, 1], true, 932_237, 29],
]

const shape = fc.integer({ min: 0, max: 2 })

describe('verbs on three levels of children, in and out of loops and forks', () => {
  it('leave nothing that waits for ever', () => {
    fc.assert(
      fc.property(fc.tuple(shape, shape), fc.boolean(), fc.nat(1_000_000), fc.nat(40), (shapes, isOptional, seed, steps) => {
        const family = familyOf(shapes, isOptional)
        trouble(family, seed, steps)
        calm(family)
        const story = [...family.world.views.values()].map(view => `${view.id} ${summary(view)}`).join('\n')
        for (const view of family.world.views.values()) expect([view.isTerminal, view.openCount, story]).toEqual([true, 0, story])
      }),
      { numRuns: 80, examples: wentWrong },
    )
  })
})
