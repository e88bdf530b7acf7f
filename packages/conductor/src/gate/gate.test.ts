import { type AttemptId, attemptIdOf, type ExecutionId, instant, isRefusal, type JsonObject, namedIdOf, newExecutionId, ordinalMax, View } from '@busbar/kernel'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { queueOf } from '../queue.js'
import { conductorRules } from '../rules.js'
import { fork, inline, join, loop, simple, taskDef, workflow } from '../testing/build.js'
import { evaluate, mustHold } from '../testing/run-scenarios.js'
import { World, type WorldOptions } from '../testing/world.js'
import type { ConductorTypes } from '../types.js'
import type { GateCommand } from './gate-types.js'
import { gateIdOf, gateRequest } from './gate.js'
import type { TaskLimits } from './limits.js'

const start = 1_800_000_000_000
const queue = queueOf('t', null)

/** A task `t` that is limited, in a workflow `w` of it alone. */
function limited(limits: JsonObject, options: WorldOptions = {}): World {
  const world = new World({ evaluate, onCommit: mustHold, ...options })
  world.defineTask(taskDef('t', limits))
  world.define(workflow('w', [simple('t')]))
  return world
}

function begin(world: World, name = 'w'): ExecutionId {
  const id = world.start({ name, input: {} })
  if (isRefusal(id)) throw new Error(id.message)
  return id
}

function answer(world: World, attempt: AttemptId, execution: ExecutionId, more: JsonObject = {}): void {
  const result = {
    status: 'COMPLETED',
    output: {},
    reason: null,
    worker: 'w',
    callbackAfterSeconds: 0,
    extendLease: false,
    subWorkflowId: null,
    logs: [],
    ...more,
  }
  world.send(execution, { kind: 'update', attempt, ...result } as never)
}

/** What is polled, in order, until nothing is left. */
function pollAll(world: World): ExecutionId[] {
  const found: ExecutionId[] = []
  for (let polled = world.poll(queue); polled !== null; polled = world.poll(queue)) found.push(polled.view.id)
  return found
}

function stateOf(world: World) {
  return world.view(gateIdOf('t')).state.gate
}

describe('a limit of tasks at work', () => {
  it('lets them in in the order of their arrival, one for each that ends', () => {
    const world = limited({ concurrentExecLimit: 2 })
    const ids = Array.from({ length: 5 }, () => begin(world))
    expect(pollAll(world)).toEqual(ids.slice(0, 2))
    answer(world, attemptIdOf(ids[1] as ExecutionId, 1), ids[1] as ExecutionId)
    expect(pollAll(world)).toEqual([ids[2]])
    answer(world, attemptIdOf(ids[0] as ExecutionId, 1), ids[0] as ExecutionId, { status: 'FAILED_WITH_TERMINAL_ERROR' })
    expect(pollAll(world)).toEqual([ids[3]])
  })

  it('counts a task from its admission on: a task that nobody polls keeps its place', () => {
    const world = limited({ concurrentExecLimit: 1 })
    const ids = [begin(world), begin(world)]
    world.send(ids[0] as ExecutionId, { kind: 'terminate', reason: null })
    expect(pollAll(world)).toEqual([ids[1]])
  })

  it('is not passed by a worker who speaks for a task that still waits', () => {
    const world = limited({ concurrentExecLimit: 1 })
    const [first, second] = [begin(world), begin(world)]
    answer(world, attemptIdOf(second, 1), second, { status: 'IN_PROGRESS', callbackAfterSeconds: 60 })
    expect(pollAll(world)).toEqual([first])
    answer(world, attemptIdOf(first, 1), first)
    expect(pollAll(world)).toEqual([])
    world.advance(60_000)
    expect(pollAll(world)).toEqual([second])
  })

  it('holds when tasks are completed by others before they were let in', () => {
    const world = limited({ concurrentExecLimit: 1 })
    const [first, second, third] = [begin(world), begin(world), begin(world)]
    answer(world, attemptIdOf(second, 1), second)
    expect(world.view(second).status).toBe('completed')
    answer(world, attemptIdOf(first, 1), first)
    expect(pollAll(world)).toEqual([third])
    expect(stateOf(world)).toMatchObject({ inside: 1 })
  })

  it('is given back by a task whose end is decided in many commits', () => {
    const world = limited({ concurrentExecLimit: 1 })
    const def = workflow('long', [simple('t'), loop('l', '$.l.iteration < 5', [inline('i', '(() => 1)()')])])
    world.define(def)
    const id = begin(world, 'long')
    const view = world.view(id)
    const context = { now: world.now, answers: new Map(), chance: 0.5, lastSeen: () => null, canServe: () => true } as const
    const none = { secrets: () => ({}), connections: () => ({}), environment: () => null }
    conductorRules.apply(view, { kind: 'updateByReference', reference: 't', status: 'COMPLETED', output: {}, worker: null } as never, { ...context, ...none })
    // The engine may commit here, and go on later.
    expect(conductorRules.decide(view, { ...context, ...none })).not.toEqual([])
    expect(view.takeChanges().sent.map(({ body }) => body.kind === 'command' && body.command['kind'])).toContain('gateLeave')
  })

  it('is that of the newest definition that somebody came with', () => {
    const world = limited({ concurrentExecLimit: 1 })
    const ids = [begin(world), begin(world)]
    world.defineTask(taskDef('t', { concurrentExecLimit: 3 }))
    ids.push(begin(world), begin(world))
    expect(pollAll(world)).toEqual(ids.slice(0, 3))
  })

  it('lets a task that is retried wait at the end', () => {
    const world = limited({ concurrentExecLimit: 1, retryCount: 1 })
    const [first, second] = [begin(world), begin(world)]
    pollAll(world)
    answer(world, attemptIdOf(first, 1), first, { status: 'FAILED' })
    expect(pollAll(world)).toEqual([second])
    answer(world, attemptIdOf(second, 1), second)
    expect(pollAll(world)).toEqual([first])
  })

  it('has the branches of one workflow wait too', () => {
    const world = limited({ concurrentExecLimit: 2 })
    const branches = ['a', 'b', 'c'].map(ref => [simple(ref, {}, { name: 't' })])
    world.define(workflow('forked', [fork('f', ...branches), join('j', 'a', 'b', 'c')]))
    const id = begin(world, 'forked')
    expect(pollAll(world)).toHaveLength(2)
    for (const ref of ['a', 'b']) world.send(id, { kind: 'updateByReference', reference: ref, status: 'COMPLETED', output: {}, worker: null } as never)
    expect(pollAll(world)).toHaveLength(1)
  })
})

describe('a rate limit', () => {
  it('counts beginnings, not admissions', () => {
    const world = limited({ rateLimitPerFrequency: 2, rateLimitFrequencyInSeconds: 10 })
    const ids = Array.from({ length: 5 }, () => begin(world))
    world.advance(60_000)
    expect(pollAll(world)).toEqual(ids.slice(0, 2))
    world.advance(9_999)
    expect(pollAll(world)).toEqual([])
    world.advance(1)
    expect(pollAll(world)).toEqual(ids.slice(2, 4))
    world.advance(10_000)
    expect(pollAll(world)).toEqual(ids.slice(4))
    world.advance(10_000)
    // Nobody waits any more, so nobody need look.
    expect(world.view(gateIdOf('t')).due).toBeNull()
  })

  it('is not given back by a task that ended soon', () => {
    const world = limited({ rateLimitPerFrequency: 1, rateLimitFrequencyInSeconds: 10 })
    const [first, second] = [begin(world), begin(world)]
    expect(pollAll(world)).toEqual([first])
    answer(world, attemptIdOf(first, 1), first)
    expect(pollAll(world)).toEqual([])
    world.advance(10_000)
    expect(pollAll(world)).toEqual([second])
  })

  it('is given back by a task that ended without having begun', () => {
    const world = limited({ rateLimitPerFrequency: 1, rateLimitFrequencyInSeconds: 10 })
    const [first, second] = [begin(world), begin(world)]
    world.send(first, { kind: 'terminate', reason: null })
    expect(pollAll(world)).toEqual([second])
  })

  it('counts those that came before there was one', () => {
    const world = limited({ concurrentExecLimit: 1 })
    const ids = [begin(world), begin(world)]
    pollAll(world)
    world.defineTask(taskDef('t', { concurrentExecLimit: 3, rateLimitPerFrequency: 1, rateLimitFrequencyInSeconds: 10 }))
    ids.push(begin(world))
    expect(pollAll(world)).toEqual([ids[1]])
    world.advance(9_999)
    expect(pollAll(world)).toEqual([])
    world.advance(1)
    expect(pollAll(world)).toEqual([ids[2]])
  })

  it('holds when the clock goes back', () => {
    const world = limited({ rateLimitPerFrequency: 1, rateLimitFrequencyInSeconds: 10 })
    const ids = [begin(world), begin(world)]
    expect(pollAll(world)).toEqual([ids[0]])
    world.now = instant(world.now - 5_000)
    world.fireDue()
    expect(pollAll(world)).toEqual([])
    world.advance(15_000)
    expect(pollAll(world)).toEqual([ids[1]])
  })
})

describe('a gate', () => {
  const limits: TaskLimits = { concurrency: 1, rate: null }
  const attempt = (n: number) => attemptIdOf(newExecutionId(instant(start), { high12: 1, low38: n }), 1)

  function gate(lastOrdinal = 0): View<ConductorTypes> {
    const plan = conductorRules.planStart(gateRequest('t', limits), namedIdOf('gate', 't'), null, {} as never)
    if (plan.kind !== 'create') throw new Error('a gate is made from its request')
    const times = { createdAt: instant(start), updatedAt: instant(start), endedAt: null }
    const { label, brief, state } = plan
    const execution = {
      id: gateIdOf('t'),
      dialect: 'conductor',
      definition: 'd' as never,
      label,
      parent: null,
      status: 'running',
      ...times,
      brief,
      state,
    } as const
    return new View<ConductorTypes>({
      execution,
      plan: conductorRules.compile(plan.definition),
      version: 1,
      due: null,
      lastOrdinal,
      lastMessage: 0,
      attempts: [],
    })
  }

  /** The attempts that it lets in, in order. */
  function tell(view: View<ConductorTypes>, ...commands: readonly GateCommand[]): string[] {
    const context = { now: instant(start), answers: new Map() } as never
    for (const command of commands) conductorRules.apply(view, command, context)
    conductorRules.decide(view, context)
    const { sent } = view.takeChanges()
    view.committed()
    return sent.flatMap(({ body }) => (body.kind === 'command' ? [String(body.command['attempt'])] : []))
  }

  const enter = (n: number, turn = 0): GateCommand => ({ kind: 'gateEnter', attempt: attempt(n), turn, limits })
  const leave = (n: number, turn = 0): GateCommand => ({ kind: 'gateLeave', attempt: attempt(n), turn })

  it('hears of somebody twice and counts it once', () => {
    const view = gate()
    expect(tell(view, enter(1), enter(1), enter(2))).toEqual([attempt(1)])
    expect(view.size).toBe(2)
    expect(tell(view, leave(1), leave(1))).toEqual([attempt(2)])
  })

  it('keeps no place for who left before it came', () => {
    const view = gate()
    expect(tell(view, leave(1))).toEqual([])
    expect(tell(view, enter(1), enter(2))).toEqual([attempt(2)])
    expect(view.state.gate).toMatchObject({ inside: 1, early: [] })
  })

  it('knows whoever comes again from the one who left', () => {
    const view = gate()
    tell(view, enter(1))
    // The second entering overtook the first leaving.
    expect(tell(view, enter(2), enter(1, 1))).toEqual([attempt(2)])
    expect(tell(view, leave(1))).toEqual([])
    expect(tell(view, leave(2))).toEqual([attempt(1)])
    expect(tell(view, leave(1, 1))).toEqual([])
    expect(view.state.gate).toMatchObject({ inside: 0 })
  })

  it('numbers its entries anew before the numbers of attempts are used up', () => {
    const view = gate(Math.floor(ordinalMax / 2) - 2)
    expect(tell(view, enter(1), enter(2))).toEqual([attempt(1)])
    expect(tell(view, enter(3))).toEqual([])
    expect(view.lastOrdinal).toBe(3)
    expect(tell(view, leave(1))).toEqual([attempt(2)])
    expect(tell(view, leave(2))).toEqual([attempt(3)])
    expect([...view.attempts()].map(entry => entry.key)).toEqual([attempt(3)])
  })
})

// ── At random ──

interface Limits {
  readonly concurrentExecLimit: number
  readonly rateLimitPerFrequency: number
  readonly rateLimitFrequencyInSeconds: number
}

/** What workers and operators do, in any order, while messages overtake each other; checked after every step. */
class RandomPlay {
  readonly #random: () => number
  readonly #world: World
  readonly #limits: Limits
  readonly #ids: ExecutionId[] = []
  readonly #beginnings: number[] = []
  readonly #handed = new Set<string>()

  constructor(seed: number, limits: Limits) {
    const random = generator(seed)
    this.#random = random
    this.#limits = limits
    this.#world = limited({ retryCount: 1, responseTimeoutSeconds: 30, ...limits }, { pick: waiting => Math.floor(random() * waiting) })
    this.#world.define(workflow('two', [simple('t'), simple('u', {}, { name: 't' })]))
  }

  run(): void {
    for (let i = 0; i < 5; i++) this.#ids.push(begin(this.#world, i % 2 === 0 ? 'w' : 'two'))
    for (let step = 0; step < 60; step++) {
      this.#act()
      this.#check()
    }
    this.#drain()
  }

  #act(): void {
    const world = this.#world
    const id = this.#ids[Math.floor(this.#random() * this.#ids.length)]
    const luck = this.#random()
    if (luck < 0.3) return this.#poll()
    if (luck < 0.4) return world.advance(Math.floor(this.#random() * 12_000))
    if (luck < 0.45) return void this.#ids.push(begin(world))
    if (id === undefined || !world.views.has(id)) return
    if (luck < 0.7) return this.#answer(id)
    if (luck < 0.75) return void world.send(id, { kind: 'terminate', reason: null })
    if (luck < 0.81) return void world.send(id, { kind: 'restart', useLatestDefinitions: false })
    if (luck < 0.87) return void world.send(id, { kind: 'retry', resumeSubworkflowTasks: false })
    if (luck < 0.93) return this.#rerun(id)
    if (luck < 0.95) world.remove(id)
    else world.reload(gateIdOf('t'))
  }

  #poll(): void {
    const polled = this.#world.poll(queue)
    if (polled === null) return
    const { gate } = polled.view.attempt(polled.task.ordinal)?.data ?? {}
    const handed = `${polled.task.id}#${gate?.turn}`
    if (!this.#handed.has(handed)) this.#beginnings.push(this.#world.now)
    this.#handed.add(handed)
  }

  #answer(id: ExecutionId): void {
    const [task] = this.#world.view(id).openAttempts()
    const status = this.#random() < 0.5 ? 'COMPLETED' : this.#random() < 0.4 ? 'IN_PROGRESS' : 'FAILED'
    if (task) answer(this.#world, task.id, id, { status, callbackAfterSeconds: Math.floor(this.#random() * 5) })
  }

  #rerun(id: ExecutionId): void {
    const [task] = this.#world.view(id).attempts()
    if (task) this.#world.send(id, { kind: 'rerun', fromTask: task.id, workflowInput: null, taskInput: null, correlationId: null } as never)
  }

  /** Between hand-out and end there are never more than the limit, nor more beginnings in any window than the rate. */
  #check(): void {
    const { concurrentExecLimit, rateLimitPerFrequency, rateLimitFrequencyInSeconds } = this.#limits
    const claimable = [...this.#world.views.values()]
      .flatMap(view => [...view.openAttempts()])
      .filter(({ data }) => data.gate && ['open', 'begun'].includes(data.gate.state))
    if (concurrentExecLimit > 0) expect(claimable.length).toBeLessThanOrEqual(concurrentExecLimit)
    const windowMs = rateLimitFrequencyInSeconds * 1000
    const late = this.#beginnings.filter(at => at > this.#world.now - windowMs)
    if (rateLimitPerFrequency > 0) expect(late.length).toBeLessThanOrEqual(rateLimitPerFrequency)
  }

  /** Nothing waits for ever: whoever polls and completes comes to the end. */
  #drain(): void {
    const world = this.#world
    for (let round = 0; round < 400; round++) {
      const open = this.#ids.filter(id => world.views.has(id) && !world.view(id).isTerminal)
      if (open.length === 0) break
      const polled = world.poll(queue)
      if (polled) answer(world, polled.task.id, polled.view.id)
      else world.advance(3_000)
      if (polled) this.#beginnings.push(world.now)
    }
    expect(this.#ids.filter(id => world.views.has(id) && !world.view(id).isTerminal)).toEqual([])
    expect(stateOf(world)).toMatchObject({ inside: 0, expected: 0 })
    expect(world.view(gateIdOf('t')).size).toBe(0)
  }
}

function generator(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

describe('limits, whatever happens and whichever message comes first,', () => {
  const property = (limits: Limits) => () =>
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), seed => new RandomPlay(seed, limits).run()),
      { numRuns: 25 },
    )
  const none = { concurrentExecLimit: 0, rateLimitPerFrequency: 0, rateLimitFrequencyInSeconds: 1 }

  it('hold for tasks at work', property({ ...none, concurrentExecLimit: 2 }))
  it('hold for beginnings', property({ ...none, rateLimitPerFrequency: 2, rateLimitFrequencyInSeconds: 10 }))
  it('hold for both', property({ concurrentExecLimit: 2, rateLimitPerFrequency: 3, rateLimitFrequencyInSeconds: 10 }))
})
