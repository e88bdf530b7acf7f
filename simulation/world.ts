/**
 * One run: a server that crashes, workers that are late or lost, a clock that jumps. All chance comes from the seed and
 * the number of the run, so a run can be repeated.
 */
import { type Attempt, type DialectName, type ExecutionId, executionIdOf, isRefusal, type Refusal } from '@busbar/kernel'
import type { Evaluator, StartResult, Work } from '@busbar/engine'
import { type Fault, MemoryStore } from '@busbar/store/testing'
import { type Behaviour, behaviourOf, type Progress, type Report } from './behaviour.js'
import { Ledger, Violation } from './ledger.js'
import { Fleet } from './fleet.js'
import { type Life, loadAll } from './life.js'
import { Random } from './random.js'
import { type Scene, sceneOf } from './scene.js'
import { preparedEvaluator } from './scripts.js'
import { judge, sayKey } from './verdict.js'
import { type MakeStore, watchedStore } from './watched-store.js'

export interface Outcome {
  /** What was played. */
  readonly title: string
  readonly executions: number
  readonly commits: number
  readonly crashes: number
  readonly reports: number
  /** Null: nothing is wrong. */
  readonly problem: string | null
  readonly scene: Scene
  /** How often something came about that is meant to be rare. */
  readonly occurred: Readonly<Record<Occurrence, number>>
  /** The keys of all activities that ran to their end. */
  readonly completed: ReadonlySet<string>
  readonly events: readonly string[]
}

export type Occurrence =
  /** After the end of the lease was noticed. */
  | 'late'
  /** The same words again, at once or later. */
  | 'duplicate'
  /** Not the end yet. */
  | 'progress'
  /** Of a worker that gave its work back, while another has it. */
  | 'oldFence'
  /** Of people. */
  | 'answer'

export interface RunOptions {
  readonly seed: number
  readonly run: number
  /** How many on one store; one unless told otherwise. */
  readonly servers?: number
  /** Either, unless told. */
  readonly dialect?: DialectName
  readonly makeStore?: MakeStore
}

/** How a run goes wrong: most runs have some of it, a few none. */
interface Weather {
  readonly crash: number
  readonly refuse: number
  /** Of a hint from one server to another. */
  readonly lose: number
  /** At which turn an operator cancels; null: never. */
  readonly cancelAt: number | null
}

/** Work that a worker has in hand. */
interface Held {
  readonly work: Work
  /** Null: it was never to be heard of, and is after all. */
  readonly reaction: Report | null
}

/** Of work that a worker takes, how much it does not finish in one go. */
const progressProbability = 0.12
const duplicateProbability = 0.12
const duplicatesKept = 4
/** Of a worker whose work another has in hand. */
const overtakenProbability = 0.7

const turnsMax = 3_000
/** So many times its length a lease may last before somebody must have seen its end: timers that failed come again later. */
const leasesOverdueMax = 6
const eventsMax = 2_000
const startOfTime = 1_700_000_000_000

export async function play(options: RunOptions): Promise<Outcome> {
  const world = new World(options, await preparedEvaluator())
  const problem = await world.run().then(
    () => null,
    (error: unknown) => (error instanceof Violation ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)),
  )
  return world.outcome(problem)
}

class World {
  readonly #random: Random
  readonly #chance: Random
  readonly #scene: Scene
  readonly #behaviour: Behaviour
  readonly #weather: Weather
  readonly #ledger = new Ledger()
  readonly #events: string[] = []
  readonly #said = new Map<string, Report[]>()
  readonly #taken = new Map<string, Report>()
  readonly #occurred: Record<Occurrence, number> = { late: 0, duplicate: 0, progress: 0, oldFence: 0, answer: 0 }
  readonly #fleet: Fleet
  /** A crash takes what a worker has in hand not along: it reports to the next life. */
  #hands: Held[] = []
  /** Workers that let their lease go by, and report when it is too late. */
  #late: Held[] = []
  /** Heard already; sent once more some time. */
  readonly #heard: Held[] = []
  #root: ExecutionId | null = null
  #cancel: 'none' | 'maybe' | 'sure' = 'none'
  #isCalm = true
  #workers = 0
  #crashes = 0
  #reports = 0

  constructor({ seed, run, servers = 1, dialect, makeStore = watchedStore }: RunOptions, evaluator: Evaluator) {
    this.#random = new Random(seed, run, 'world')
    this.#chance = new Random(seed, run, 'engine')
    this.#scene = sceneOf(new Random(seed, run, 'scene'), dialect)
    this.#behaviour = behaviourOf(seed, run)
    this.#weather = weatherOf(this.#random)
    this.#fleet = new Fleet({
      servers,
      ledger: this.#ledger,
      makeStore,
      fault: () => this.#fault(),
      lose: () => !this.#isCalm && this.#random.happens(this.#weather.lose),
      chance: this.#chance,
      evaluator,
      startsAt: startOfTime,
    })
  }

  outcome(problem: string | null): Outcome {
    const { commits, entries } = this.#ledger
    const counts = { executions: entries.size, commits, crashes: this.#crashes, reports: this.#reports }
    const scene = this.#scene
    const completed = new Set<string>()
    for (const { attempts, removed } of entries.values())
      for (const { key, state } of [...attempts.values(), ...removed.values()]) if (state.kind === 'closed' && state.outcome === 'completed') completed.add(key)
    const title = `${scene.dialect}: ${JSON.stringify(scene.definition)}`
    return { title, ...counts, problem, scene, occurred: this.#occurred, completed, events: this.#events }
  }

  async run(): Promise<void> {
    await this.#open()
    this.#isCalm = false
    for (let turn = 0; !(await this.#isOver()); turn++) {
      if (turn >= turnsMax) throw new Violation(`the run does not end in ${turnsMax} turns`)
      await this.#turn(turn)
      this.#check()
    }
    await this.#finish()
  }

  // ── Turns ──

  async #turn(turn: number): Promise<void> {
    const random = this.#random
    if (this.#fleet.alive.length === 0 || (this.#fleet.hasDead && random.happens(0.2))) return this.#recover()
    if (this.#root === null) return this.#start()
    if (this.#ledger.isInDoubt) await this.#compare()
    const doings = [this.#doSomething()]
    if (this.#weather.cancelAt !== null && turn >= this.#weather.cancelAt && this.#cancel !== 'sure') doings.push(this.#cancelRoot(this.#root))
    while (random.happens(0.3)) doings.push(this.#doSomething())
    await Promise.all(doings)
    if (random.happens(0.6)) await this.#fleet.idle()
    if (this.#fleet.alive.length > 0 && this.#hands.length === 0 && !this.#isWaitedFor()) await this.#wait()
  }

  #doSomething(): Promise<void> {
    const random = this.#random
    const overtaken = this.#overtaken()
    if (overtaken !== undefined && random.happens(overtakenProbability)) return this.#report(overtaken)
    const draw = random.next()
    if (draw < 0.45 && this.#hands.length > 0) return this.#say(this.#oneOf(this.#hands))
    if (draw < 0.48 && this.#late.length > 0) return this.#report(this.#oneOf(this.#late))
    if (draw < 0.55) return this.#tick()
    if (draw < 0.65) return this.#pass(random.happens(0.1) ? random.below(this.#scene.leaseMs * 2) : random.below(5_000))
    if (draw < 0.7 && this.#heard.length > 0) return this.#repeat()
    const people = draw < 0.8 ? this.#forPeople() : []
    return people.length > 0 ? this.#answer(random.pick(people)) : this.#poll()
  }

  async #start(): Promise<void> {
    const server = this.#fleet.any(this.#random)
    const started = await server.call<StartResult | Refusal>(server.engine.create(this.#scene.dialect, this.#scene.request))
    if (started.kind === 'unknown') return this.#doubt('start: no answer')
    if (isRefusal(started.value)) throw new Violation(`the start was refused: ${started.value.message}`)
    this.#root = started.value.id
    this.#log(`start: ${this.#root}`)
  }

  async #poll(): Promise<void> {
    const random = this.#random
    this.#workers += 1
    const worker = `w${this.#workers}`
    const isHeld = random.happens(0.2)
    const request = { dialect: this.#scene.dialect, queues: this.#scene.queues, worker, max: random.between(1, 3), waitMs: isHeld ? 10_000 : 0 }
    const server = this.#fleet.any(this.#random)
    const answered = server.call(server.engine.poll(request as Parameters<Life['engine']['poll']>[0])).then(polled => {
      if (polled.kind === 'unknown') this.#doubt(`poll by ${worker}: no answer`)
      else for (const work of polled.value) this.#take(work, worker)
    })
    // A held poll is answered by a commit or by the clock.
    if (!isHeld) await answered
  }

  #take(work: Work, worker: string): void {
    const { attempt } = work
    const reaction = this.#behaviour({ path: this.#ledger.pathOf(work.execution), key: attempt.key, number: attempt.number })
    this.#log(`${worker} takes ${nameOf(attempt)} of ${work.execution}: ${reaction.outcome}`)
    if (reaction.outcome !== 'lost') this.#hands.push({ work, reaction })
    else if (this.#random.happens(0.7)) this.#late.push({ work, reaction: null })
  }

  /** Takes it out. */
  #oneOf(hands: Held[]): Held {
    const [held] = hands.splice(this.#random.below(hands.length), 1)
    if (held === undefined) throw new Error('expected work in hand, found none')
    return held
  }

  /** Somebody whose work another has in hand: leased again, or as another try. Taken out. */
  #overtaken(): Held | undefined {
    const index = this.#late.findIndex(({ work: { attempt, execution } }) => {
      for (const { key, state, ordinal, fence } of this.#ledger.entries.get(execution)?.attempts.values() ?? [])
        if (key === attempt.key && state.kind === 'leased' && (ordinal > attempt.ordinal || fence > attempt.fence)) return true
      return false
    })
    return index < 0 ? undefined : this.#late.splice(index, 1)[0]
  }

  /** Most say how it ended; some only how far they came, and keep it, or leave it and are heard of later nevertheless. */
  #say(held: Held): Promise<void> {
    const random = this.#random
    const isLost = held.reaction === null
    if (isLost || !random.happens(progressProbability)) return this.#report(held)
    const againAfterSeconds = random.happens(0.4) ? null : random.pick([0, 0, 2, 10])
    if (againAfterSeconds !== null && random.happens(0.5)) this.#late.push(held)
    if (againAfterSeconds === null) this.#hands.push(held)
    return this.#progress(held, { outcome: 'inProgress', againAfterSeconds })
  }

  async #report(held: Held): Promise<void> {
    const report = held.reaction ?? { outcome: 'completed', value: 0 }
    this.#noteLate(held)
    const sends = [this.#send(held, report)]
    while (this.#random.happens(duplicateProbability)) sends.push(this.#send(held, report))
    this.#occurred.duplicate += sends.length - 1
    const isHeard = await Promise.all(sends)
    if (!isHeard.some(Boolean)) this.#hands.push(held)
    else if (this.#heard.length < duplicatesKept) this.#heard.push(held)
  }

  /** A report that was heard is sent again: the network held it back. */
  async #repeat(): Promise<void> {
    const held = this.#random.pick(this.#heard)
    this.#occurred.duplicate += 1
    await this.#send(held, held.reaction ?? { outcome: 'completed', value: 0 })
  }

  #noteLate({ work: { attempt, execution } }: Held): void {
    const now = this.#ledger.entries.get(execution)?.attempts.get(attempt.ordinal)
    if (now === undefined) return
    if (now.fence > attempt.fence && now.state.kind === 'leased') this.#occurred.oldFence += 1
    if (now.state.kind === 'closed' && now.state.outcome === 'timedOut') this.#occurred.late += 1
  }

  /** When nobody answers, the worker leaves it at that: its lease runs out. */
  async #progress({ work }: Held, progress: Progress): Promise<void> {
    const command = this.#scene.progress(work, progress)
    if (command === null) return
    this.#occurred.progress += 1
    const server = this.#fleet.any(this.#random)
    const sent = await server.call(server.engine.send(work.execution, command))
    if (sent.kind === 'unknown') return this.#doubt(`${nameOf(work.attempt)} in progress: no answer`)
    this.#log(`${nameOf(work.attempt)} in progress, again after ${progress.againAfterSeconds} s: ${JSON.stringify(sent.value)}`)
  }

  /** False when nobody answered: the worker tries again. */
  async #send({ work }: Held, report: Report): Promise<boolean> {
    const { attempt, execution } = work
    const key = sayKey(this.#scene, execution, attempt)
    this.#said.set(key, [...(this.#said.get(key) ?? []), report])
    this.#reports += 1
    const server = this.#fleet.any(this.#random)
    const sent = await server.call(server.engine.send<{ readonly applied?: boolean } | null>(execution, this.#scene.report(work, report)))
    const isTaken = sent.kind === 'answered' && !isRefusal(sent.value) && sent.value?.applied === true
    if (isTaken) this.#taken.set(attempt.id, report)
    if (sent.kind === 'unknown') this.#doubt(`${nameOf(attempt)} ${report.outcome}: no answer`)
    else this.#log(`${nameOf(attempt)} ${report.outcome}: ${JSON.stringify(sent.value)}`)
    return sent.kind === 'answered'
  }

  // ── People ──

  #forPeople(): Attempt[] {
    return [...this.#ledger.openAttempts()].filter(attempt => this.#scene.isForPeople(attempt))
  }

  async #answer(attempt: Attempt): Promise<void> {
    const execution = executionIdOf(attempt.id)
    const reaction = this.#behaviour({ path: this.#ledger.pathOf(execution), key: attempt.key, number: attempt.number })
    const report: Report = reaction.outcome === 'lost' ? { outcome: 'completed', value: 0 } : reaction
    const key = sayKey(this.#scene, execution, attempt)
    this.#said.set(key, [...(this.#said.get(key) ?? []), report])
    this.#occurred.answer += 1
    const isByName = this.#random.happens(0.4)
    const once = () => {
      const command = this.#scene.answer(attempt, report, isByName)
      const server = this.#fleet.any(this.#random)
      return server.call(command === null ? Promise.resolve(null) : server.engine.send(execution, command))
    }
    const answers = await Promise.all(this.#random.happens(duplicateProbability) ? [once(), once()] : [once()])
    if (answers.some(({ kind }) => kind === 'unknown')) return this.#doubt(`${nameOf(attempt)} is answered ${report.outcome}: no answer`)
    this.#log(`${nameOf(attempt)} is answered ${report.outcome}: ${JSON.stringify(answers)}`)
  }

  async #cancelRoot(root: ExecutionId): Promise<void> {
    if (this.#cancel === 'none') this.#cancel = 'maybe'
    const server = this.#fleet.any(this.#random)
    const sent = await server.call(server.engine.send(root, this.#scene.cancel))
    if (sent.kind === 'unknown') return this.#doubt('cancel: no answer')
    this.#log(`cancel: ${JSON.stringify(sent.value)}`)
    if (!isRefusal(sent.value)) this.#cancel = 'sure'
  }

  /** Deciding again without news changes nothing. */
  async #tick(): Promise<void> {
    const ids = [...this.#ledger.entries.keys()]
    if (ids.length === 0) return
    const server = this.#fleet.any(this.#random)
    await server.call(server.engine.send(this.#random.pick(ids), { kind: 'tick' }))
  }

  // ── Time ──

  async #pass(ms: number): Promise<void> {
    this.#log(`${ms} ms pass`)
    this.#fleet.advance(ms)
  }

  /** Whether a timer or a message is left that will move something. */
  async #isAwake(): Promise<boolean> {
    return (await this.#durable().nextDue()) !== null || (await this.#hasMessages())
  }

  async #hasMessages(): Promise<boolean> {
    return (await this.#durable().messages(1)).length > 0
  }

  /** What is written, for nobody but the judge: reads here are answered before anything else happens. */
  #durable(): MemoryStore {
    return new MemoryStore({}, this.#fleet.store)
  }

  /** Whether workers or people could do something. */
  #isWaitedFor(): boolean {
    const { now } = this.#fleet
    if (this.#forPeople().length > 0) return true
    for (const { state, queue } of this.#ledger.openAttempts()) if (queue !== null && state.kind === 'waiting' && state.notBefore <= now) return true
    return false
  }

  /** Nothing to do for anybody: the clock goes on to the next alarm, and there must be one. */
  async #wait(): Promise<void> {
    const fleet = this.#fleet
    await fleet.idle()
    if (fleet.alive.length === 0) return
    if (this.#ledger.isInDoubt) await this.#compare()
    if (this.#ledger.isOver || this.#hands.length > 0 || this.#isWaitedFor()) return
    this.#checkLeases()
    const isAwake = await this.#isAwake()
    const { next, now } = fleet
    if (!isAwake || next === null) throw new Violation('stuck: no timer, no message and no work is left, and it has not ended')
    this.#log(`${next - now} ms pass until the next alarm`)
    fleet.moveTo(next)
    await fleet.idle()
  }

  /** The end of a lease is noticed before long, unless the server was away. */
  #checkLeases(): void {
    const deadline = this.#fleet.now - leasesOverdueMax * this.#scene.leaseMs
    if (this.#fleet.hasDead || this.#fleet.wholeSince > deadline) return
    for (const { state, id, key } of this.#ledger.openAttempts())
      if (state.kind === 'leased' && state.since < deadline) throw new Violation(`the lease of ${id} (${key}) is over and nobody noticed`)
  }

  // ── Lives ──

  #fault(): Fault | undefined {
    if (this.#isCalm) return undefined
    const { crash, refuse } = this.#weather
    const draw = this.#random.next()
    if (draw < crash) return this.#hit(draw < crash / 2 ? 'crash before' : 'crash after')
    if (draw < crash + refuse) return this.#hit(draw < crash + refuse / 2 ? 'fail before' : 'fail after')
    return undefined
  }

  #hit(fault: Fault): Fault {
    this.#log(`store: ${fault}`)
    this.#ledger.isInDoubt = true
    return fault
  }

  async #open(): Promise<void> {
    for (const { engine } of this.#fleet.alive) await engine.start()
    const { engine } = this.#fleet.any(this.#random)
    const { now } = this.#fleet
    for (const { kind, name, body } of this.#scene.registered)
      await engine.putDefinition({ kind, namespace: '', name, version: kind === 'task' ? 0 : 1, body, createdAt: now, updatedAt: now })
  }

  async #recover(): Promise<void> {
    this.#crashes += 1
    const downMs = this.#random.happens(0.2) ? this.#random.below(this.#scene.leaseMs * 2) : this.#random.below(1_000)
    this.#fleet.advance(downMs)
    const next = this.#fleet.replaceDead()
    this.#log(`a new server after ${downMs} ms`)
    await this.#compare()
    // A server that cannot start ends, and is started again.
    if (next && (await next.call(next.engine.start())).kind === 'unknown') next.kill()
  }

  /** At one moment: nobody writes between the turn of the event loop that this waits for and the comparison. */
  async #compare(): Promise<void> {
    await new Promise(setImmediate)
    this.#ledger.compare(await loadAll(this.#durable()))
  }

  #doubt(event: string): void {
    this.#ledger.isInDoubt = true
    this.#log(event)
  }

  // ── The end ──

  async #isOver(): Promise<boolean> {
    if (this.#root === null || this.#fleet.alive.length === 0 || !this.#ledger.isOver) return false
    await this.#fleet.idle()
    if (this.#fleet.alive.length === 0) return false
    await this.#compare()
    return this.#ledger.isOver && !this.#ledger.isInDoubt && !(await this.#hasMessages())
  }

  async #finish(): Promise<void> {
    this.#isCalm = true
    const before = await this.#ends()
    // Nothing fails from here on, so nothing has to be waited for in vain.
    while (this.#hands.length > 0) await this.#report(this.#oneOf(this.#hands))
    while (this.#late.length > 0) await this.#report(this.#oneOf(this.#late))
    for (const held of this.#heard) await this.#send(held, held.reaction ?? { outcome: 'completed', value: 0 })
    for (const id of this.#ledger.entries.keys()) await this.#fleet.any(this.#random).engine.send(id, { kind: 'tick' })
    this.#fleet.advance(this.#scene.leaseMs * 10)
    for (const { engine } of this.#fleet.alive) await engine.runOnce()
    await this.#fleet.idle()
    if ((await this.#ends()) !== before) throw new Violation('late reports and timers changed what had ended')
    await this.#compare()
    this.#check()
    const { root, cancel } = { root: this.#root, cancel: this.#cancel }
    if (root === null) throw new Violation('nothing was started')
    judge({ scene: this.#scene, ledger: this.#ledger, behaviour: this.#behaviour, said: this.#said, taken: this.#taken, cancel, root })
  }

  async #ends(): Promise<string> {
    const all = await loadAll(this.#durable())
    return JSON.stringify(all.map(({ execution, attempts }) => ({ execution, attempts })))
  }

  #check(): void {
    if (this.#ledger.violation) throw this.#ledger.violation
  }

  #log(event: string): void {
    if (this.#events.length < eventsMax) this.#events.push(`${(this.#fleet?.now ?? startOfTime) - startOfTime} ${event}`)
  }
}

function weatherOf(random: Random): Weather {
  return {
    crash: random.pick([0, 0.02, 0.1]),
    refuse: random.pick([0, 0, 0.05]),
    lose: random.pick([0, 0.2, 1]),
    cancelAt: random.happens(0.05) ? random.between(1, 20) : null,
  }
}

function nameOf(attempt: Attempt): string {
  return `${attempt.key} #${attempt.number}`
}
