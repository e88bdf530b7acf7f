/**
 * Workers that sleep through their lease, as a process does that gets SIGSTOP or a laptop that is closed, and that wake up
 * when another has taken over: whatever they say then, in whatever order and to whichever server, it is the word of the
 * one who holds the work that counts. Each says words of its own, so that nobody's can be taken for another's.
 */
import { queueOf } from '@busbar/conductor'
import { type DialectName, type ExecutionId, isRefusal, type Json, type JsonObject, type Refusal } from '@busbar/kernel'
import type { PollRequest, StartResult, Work } from '@busbar/engine'
import { type Fault, MemoryStore } from '@busbar/store/testing'
import { leaseOf, serves, skillsKey, startRequest } from '@busbar/stroem'
import { Fleet } from './fleet.js'
import { Ledger, Violation } from './ledger.js'
import { type Called, loadAll } from './life.js'
import { Random } from './random.js'
import { noScripts } from './scripts.js'
import { heartbeatTimeoutMs, patientStep, unmatchedTimeoutMs } from './stroem-definition.js'
import { type MakeStore, watchedStore } from './watched-store.js'

export interface PausedOptions {
  readonly seed: number
  readonly run: number
  readonly servers?: number
  /** False: workers of the original, which name no lease. */
  readonly showsLease?: boolean
  readonly makeStore?: MakeStore
}

export interface PausedOutcome {
  readonly title: string
  readonly executions: number
  readonly commits: number
  readonly crashes: number
  /** Of workers that had slept through their lease. */
  readonly reports: number
  readonly problem: string | null
  readonly events: readonly string[]
}

type Command = { readonly kind: string } & JsonObject

/** One piece of work, in the words of its dialect. */
interface Play {
  readonly dialect: DialectName
  readonly registered: readonly { readonly name: string; readonly body: string }[]
  readonly request: JsonObject
  readonly queues: PollRequest['queues']
  readonly leaseMs: number
  /** What a worker says before it ends its work: that it begins, or that it goes on. */
  alive(work: Work, worker: string): Command
  report(work: Work, worker: string, isSuccess: boolean): Command
}

interface Holder {
  readonly work: Work
  readonly worker: string
}

const startOfTime = 1_700_000_000_000
const triesMax = 1_000
const passesMax = 400
const sleepersMax = 3
const words = (worker: string) => `said by <${worker}>`

export async function playPaused(options: PausedOptions): Promise<PausedOutcome> {
  const nap = new Nap(options)
  const problem = await nap.run().then(
    () => null,
    (error: unknown) => (error instanceof Violation ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)),
  )
  return nap.outcome(problem)
}

class Nap {
  readonly #random: Random
  readonly #ledger = new Ledger()
  readonly #fleet: Fleet
  readonly #play: Play
  readonly #events: string[] = []
  readonly #weather: { readonly crash: number; readonly fail: number; readonly lose: number }
  #isCalm = true
  #workers = 0
  #crashes = 0
  #lateReports = 0

  constructor({ seed, run, servers = 1, showsLease = true, makeStore = watchedStore }: PausedOptions) {
    this.#random = new Random(seed, run, 'paused')
    const random = this.#random
    this.#weather = { crash: random.pick([0, 0.02, 0.1]), fail: random.pick([0, 0, 0.05]), lose: random.pick([0, 0.3, 1]) }
    this.#play = random.happens(0.5) ? conductorPlay() : stroemPlay(showsLease)
    this.#fleet = new Fleet({
      ...{ servers, ledger: this.#ledger, makeStore, startsAt: startOfTime, chance: new Random(seed, run, 'engine'), evaluator: noScripts },
      fault: () => this.#fault(),
      lose: () => random.happens(this.#weather.lose),
    })
  }

  outcome(problem: string | null): PausedOutcome {
    const { commits, entries } = this.#ledger
    const counts = { executions: entries.size, commits, crashes: this.#crashes, reports: this.#lateReports }
    return { title: `paused workers, ${this.#play.dialect}`, ...counts, problem, events: this.#events }
  }

  async run(): Promise<void> {
    const root = await this.#open()
    this.#isCalm = false
    const sleepers: Holder[] = []
    for (let count = this.#random.between(1, sleepersMax); count > 0; count--) {
      const holder = await this.#taker()
      if (this.#random.happens(0.5)) await this.#say(holder, this.#play.alive(holder.work, holder.worker))
      sleepers.push(holder)
      this.#log(`${holder.worker} falls asleep with ${holder.work.attempt.id}`)
      this.#fleet.advance(this.#play.leaseMs + this.#random.below(2_000))
    }
    const heir = await this.#taker()
    await this.#wake(sleepers, heir)
    await this.#judge(root, heir, sleepers)
  }

  // ── The play ──

  async #open(): Promise<ExecutionId> {
    const { registered, dialect, request } = this.#play
    for (const { engine } of this.#fleet.alive) await engine.start()
    const { engine } = this.#fleet.any(this.#random)
    const { now } = this.#fleet
    for (const { name, body } of registered)
      await engine.putDefinition({ kind: 'workflow', namespace: '', name, version: 1, body, createdAt: now, updatedAt: now })
    const started: StartResult | Refusal = await engine.create(dialect, request)
    if (isRefusal(started)) throw new Violation(`the start was refused: ${started.message}`)
    return started.id
  }

  /** Somebody who gets the work, as soon as there is any for him. */
  async #taker(): Promise<Holder> {
    const { dialect, queues } = this.#play
    for (let pass = 0; pass < passesMax; pass++) {
      const worker = `w${++this.#workers}`
      const polled = await this.#ask(server => server.engine.poll({ dialect, queues, worker, max: 1, waitMs: 0 } as PollRequest))
      const [work] = polled.kind === 'answered' ? polled.value : []
      if (work) return { work, worker }
      await this.#fleet.idle()
      // Nothing yet, or it was given to somebody who never heard of it: time goes on.
      if (this.#fleet.next !== null) this.#fleet.moveTo(this.#fleet.next)
      await this.#fleet.idle()
    }
    throw new Violation('nobody gets the work of a worker that is asleep')
  }

  /** All of them speak, the sleepers once or twice, in any order and partly at once. */
  async #wake(sleepers: readonly Holder[], heir: Holder): Promise<void> {
    const random = this.#random
    const speeches = [() => this.#insist(heir, this.#play.report(heir.work, heir.worker, true))]
    for (const sleeper of sleepers) {
      for (let count = random.between(1, 2); count > 0; count--) {
        const { report, alive } = this.#play
        const command = random.happens(0.3) ? alive(sleeper.work, sleeper.worker) : report(sleeper.work, sleeper.worker, random.happens(0.7))
        speeches.splice(random.below(speeches.length + 1), 0, () => this.#late(sleeper, command))
      }
    }
    while (speeches.length > 0) {
      const together = speeches.splice(0, random.between(1, 3))
      await Promise.all(together.map(speak => speak()))
    }
  }

  async #late(sleeper: Holder, command: Command): Promise<void> {
    this.#lateReports += 1
    const sent = await this.#say(sleeper, command)
    if (sent.kind === 'answered' && isJson(sent.value) && sent.value['applied'] === true)
      throw new Violation(`${sleeper.worker}, whose lease was over, was told that its ${command.kind} counts`)
  }

  async #insist(holder: Holder, command: Command): Promise<void> {
    for (let tried = 0; tried < triesMax; tried++) if ((await this.#say(holder, command)).kind === 'answered') return
    throw new Violation(`${holder.worker} is not heard`)
  }

  async #say({ work, worker }: Holder, command: Command): Promise<Called<unknown>> {
    const sent = await this.#ask(server => server.engine.send(work.execution, command))
    this.#log(`${worker} says ${JSON.stringify(command)}: ${sent.kind === 'answered' ? JSON.stringify(sent.value) : 'no answer'}`)
    return sent
  }

  // ── Servers ──

  async #ask<T>(call: (server: ReturnType<Fleet['any']>) => Promise<T>): Promise<Called<T>> {
    await this.#replaceDead()
    const server = this.#fleet.any(this.#random)
    return server.call(call(server))
  }

  async #replaceDead(): Promise<void> {
    while (this.#fleet.alive.length === 0 || (this.#fleet.hasDead && this.#random.happens(0.3))) {
      const next = this.#fleet.replaceDead()
      if (next && (await next.call(next.engine.start())).kind === 'unknown') next.kill()
    }
  }

  #fault(): Fault | undefined {
    if (this.#isCalm) return undefined
    const { crash, fail } = this.#weather
    const draw = this.#random.next()
    if (draw < crash + fail) this.#ledger.isInDoubt = true
    if (draw < crash) {
      this.#crashes += 1
      return draw < crash / 2 ? 'crash before' : 'crash after'
    }
    return draw < crash + fail ? (draw < crash + fail / 2 ? 'fail before' : 'fail after') : undefined
  }

  // ── The verdict ──

  async #judge(root: ExecutionId, heir: Holder, sleepers: readonly Holder[]): Promise<void> {
    this.#isCalm = true
    await this.#replaceDead()
    await this.#fleet.idle()
    await new Promise(setImmediate)
    const stored = await loadAll(new MemoryStore({}, this.#fleet.store))
    this.#ledger.compare(stored)
    const found = stored.find(({ execution }) => execution.id === root)
    if (this.#ledger.violation) throw this.#ledger.violation
    if (found?.execution.status !== 'completed') throw new Violation(`the execution is ${found?.execution.status}, and ${heir.worker} has completed its work`)
    const text = JSON.stringify(found)
    if (!text.includes(words(heir.worker))) throw new Violation(`what ${heir.worker} said, who held the work, is lost`)
    for (const { worker } of sleepers) if (text.includes(words(worker))) throw new Violation(`what ${worker} said, who had slept through its lease, was taken`)
  }

  #log(event: string): void {
    this.#events.push(`${this.#fleet.now - startOfTime} ${event}`)
  }
}

// ── Plays ──

const responseTimeoutSeconds = 20
const retriesMax = 1_000

function conductorPlay(): Play {
  const taskDefinition = { name: 'alpha', retryCount: retriesMax, retryDelaySeconds: 1, responseTimeoutSeconds }
  const task = { name: 'alpha', taskReferenceName: 'task', type: 'SIMPLE', taskDefinition }
  const workflow = { name: 'root', version: 1, schemaVersion: 2, ownerEmail: 'owner@example.com', tasks: [task], outputParameters: { v: '${task.output.v}' } }
  const update = ({ attempt }: Work, worker: string, more: JsonObject): Command => ({
    ...{ kind: 'update', attempt: attempt.id, reason: null, worker, callbackAfterSeconds: 0, subWorkflowId: null, logs: [] },
    ...more,
  })
  return {
    dialect: 'conductor',
    registered: [{ name: 'root', body: JSON.stringify(workflow) }],
    request: { name: 'root', version: 1, input: {} },
    queues: [queueOf('alpha', null)],
    leaseMs: responseTimeoutSeconds * 1_000,
    alive: (work, worker) => update(work, worker, { status: 'IN_PROGRESS', output: {}, extendLease: true }),
    report: (work, worker, isSuccess) =>
      update(work, worker, { status: isSuccess ? 'COMPLETED' : 'FAILED_WITH_TERMINAL_ERROR', output: { v: words(worker) }, extendLease: false }),
  }
}

function stroemPlay(showsLease: boolean): Play {
  const { workspace, task } = patientStep(retriesMax)
  const request = startRequest(workspace, task, { input: {}, sourceType: 'api', heartbeatTimeoutMs, unmatchedTimeoutMs })
  if (isRefusal(request)) throw new Error(`a definition was refused: ${request.message}`)
  const skills = { abilities: ['script'], tags: [], exclusive: false } as const
  const shown = (attempt: Work['attempt']) => (showsLease ? { lease: leaseOf(attempt) } : {})
  return {
    dialect: 'stroem',
    registered: [],
    request,
    queues: { key: skillsKey(skills), serves: queue => serves(skills, queue) },
    leaseMs: heartbeatTimeoutMs,
    alive: ({ attempt }, worker) => ({ kind: 'begin', step: attempt.key, worker, ...shown(attempt) }),
    report: ({ attempt }, worker, isSuccess) => ({
      ...{ kind: 'complete', step: attempt.key, exitCode: isSuccess ? 0 : 1, output: { v: words(worker) }, error: isSuccess ? null : words(worker) },
      ...shown(attempt),
    }),
  }
}

function isJson(value: unknown): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null
}
