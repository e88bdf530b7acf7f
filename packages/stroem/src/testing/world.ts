/** Jobs in memory: the loop that the engine runs, without a store. Time moves when the test says so. */
import {
  type Answers,
  type AttemptId,
  type Context,
  type ExecutionId,
  executionIdOf,
  type Instant,
  isRefusal,
  type JsonObject,
  type Message,
  newExecutionId,
  type Note,
  ordinalOf,
  type Parent,
  type Refusal,
  View,
  type WorkerId,
} from '@busbar/kernel'
import { expect } from 'vitest'
import type { StroemCommand } from '../commands.js'
import { connectionsOf } from '../connections.js'
import type { Workspace } from '../definition/types.js'
import { compilePlan } from '../plan.js'
import { type Skills, serves } from '../queues.js'
import { stroemRules } from '../rules.js'
import { type StartOptions, startRequest } from '../start-request.js'
import type { StroemReply, StroemTypes } from '../types.js'

export interface WorldOptions {
  /** Loads the view anew after each commit, as a server does that keeps nothing in memory. */
  readonly forgetful?: boolean
  readonly secrets?: JsonObject
  readonly revision?: string
  /** Workspaces beside its own. */
  readonly others?: readonly Workspace[]
}

export interface Taken {
  readonly execution: ExecutionId
  readonly step: string
  readonly work: JsonObject
}

const noAnswers: Answers = new Map()
const everyone: Skills = { abilities: ['script', 'docker', 'kubernetes', 'agent'], tags: [], exclusive: false }

export class World {
  now = Date.UTC(2030, 0, 1) as Instant
  chance = 0.5
  readonly notes: (Note & { readonly job: ExecutionId })[] = []
  readonly views = new Map<ExecutionId, View<StroemTypes>>()
  readonly #seen = new Map<WorkerId, Instant>()
  readonly #workspace: Workspace
  readonly #options: WorldOptions
  #started = 0
  #isStaffed = true

  constructor(workspace: Workspace, options: WorldOptions = {}) {
    this.#workspace = workspace
    this.#options = options
  }

  get context(): Context {
    return {
      now: this.now,
      answers: noAnswers,
      chance: this.chance,
      lastSeen: worker => this.#seen.get(worker) ?? null,
      canServe: () => this.#isStaffed,
      secrets: name => this.#options.secrets ?? this.#find(name).secrets,
      connections: name => connectionsOf(this.#find(name)),
      environment: () => null,
    }
  }

  // ── What callers do ──

  start(task: string, input: JsonObject = {}, options: Partial<StartOptions> = {}): ExecutionId | Refusal {
    const request = startRequest(this.#workspace, task, { input, sourceType: 'api', revision: this.#options.revision ?? 'r1', ...options })
    if (isRefusal(request)) return request
    const id = newExecutionId(this.now, { high12: 0, low38: ++this.#started })
    return this.#create(id, request as JsonObject, null) ?? id
  }

  send(id: ExecutionId, command: StroemCommand): StroemReply | Refusal {
    const view = this.view(id)
    const applied = stroemRules.apply(view, command, this.context)
    if (applied.kind !== 'applied') return isRefusal(applied) ? applied : expect.unreachable('a job asks nothing')
    this.#settle(view)
    return applied.reply
  }

  /** The oldest step that the worker may have, rendered; null when there is none. */
  claim(worker: string, skills: Skills = everyone): Taken | null {
    for (;;) {
      const found = this.#oldestFor(skills)
      if (found === null) return null
      const view = this.view(executionIdOf(found))
      this.sign(worker)
      const leased = view.lease(ordinalOf(found), worker as WorkerId, this.now)
      const handed = stroemRules.handOut(view, leased, this.context)
      this.#settle(view)
      if (handed.kind === 'work') return { execution: view.id, step: String(handed.work['step_name']), work: handed.work }
    }
  }

  /** No worker can run anything from now on. */
  dismiss(): void {
    this.#isStaffed = false
  }

  /** A sign of life of a worker. */
  sign(worker: string): void {
    this.#seen.set(worker as WorkerId, this.now)
  }

  /** Time passes; every timer on the way goes off. */
  pass(ms: number): void {
    const end = (this.now + ms) as Instant
    for (;;) {
      const next = [...this.views.values()].filter(view => view.due !== null && view.due <= end).sort((a, b) => (a.due ?? 0) - (b.due ?? 0))[0]
      if (next === undefined || next.due === null) break
      this.now = Math.max(this.now, next.due) as Instant
      const due = next.due
      this.send(next.id, { kind: 'tick' })
      // A timer that went off is set again later, or not at all.
      expect(this.view(next.id).due).not.toBe(due)
    }
    this.now = end
  }

  view(id: ExecutionId): View<StroemTypes> {
    return this.views.get(id) ?? expect.unreachable(`no job ${id}`)
  }

  #find(name: string): Workspace {
    return this.#options.others?.find(other => other.name === name) ?? this.#workspace
  }

  // ── What the engine does ──

  #create(id: ExecutionId, request: JsonObject, parent: Parent | null): Refusal | null {
    const plan = stroemRules.planStart(request, id, parent, this.context)
    if (plan.kind !== 'create') return isRefusal(plan) ? plan : expect.unreachable('a start asks nothing')
    const { label, brief, state, definition } = plan
    const execution = {
      ...{ id, dialect: 'stroem' as const, definition: 'snapshot' as never, label, parent, status: 'running' as const },
      ...{ createdAt: this.now, updatedAt: this.now, endedAt: null, brief, state },
    }
    const view = new View<StroemTypes>({ execution, plan: compilePlan(definition), version: 0, due: null, lastOrdinal: 0, lastMessage: 0, attempts: [] })
    this.views.set(id, view)
    this.#settle(view)
    return null
  }

  #settle(view: View<StroemTypes>): void {
    expect(stroemRules.decide(view, this.context)).toEqual([])
    const changes = view.takeChanges()
    this.notes.push(...changes.notes.map(note => ({ ...note, job: view.id })))
    view.committed()
    // Deciding again asks for nothing.
    expect(stroemRules.decide(view, this.context)).toEqual([])
    expect(view.isChanged).toBe(false)
    if (this.#options.forgetful) this.views.set(view.id, reloaded(view))
    for (const message of changes.sent) this.#deliver(message)
  }

  #deliver({ to, body }: Message): void {
    if (body.kind === 'command') {
      if (this.views.has(to)) this.send(to, body.command as StroemCommand)
      return
    }
    const refusal = this.#create(to, body.request, body.parent)
    if (refusal && body.parent) {
      const { attempt, execution } = body.parent
      this.send(execution, { kind: 'childRefused', attempt, child: to, reason: refusal.message })
    }
  }

  #oldestFor(skills: Skills): AttemptId | null {
    let oldest: { readonly id: AttemptId; readonly at: Instant } | null = null
    for (const view of this.views.values()) {
      for (const { id, state, queue } of view.openAttempts()) {
        if (state.kind !== 'waiting' || queue === null || state.notBefore > this.now || !serves(skills, queue)) continue
        if (oldest === null || state.notBefore < oldest.at) oldest = { id, at: state.notBefore }
      }
    }
    return oldest?.id ?? null
  }
}

/** What a store would give back. */
function reloaded(view: View<StroemTypes>): View<StroemTypes> {
  return new View<StroemTypes>({
    execution: JSON.parse(JSON.stringify(view.execution)),
    plan: view.plan,
    version: view.version,
    due: view.due,
    lastOrdinal: [...view.attempts()].at(-1)?.ordinal ?? 0,
    lastMessage: 0,
    attempts: JSON.parse(JSON.stringify([...view.attempts()])),
  })
}
