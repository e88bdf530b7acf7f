import { type Answer, type Ask, assertNever, invariant, type Json, type PayloadAsk } from '@busbar/kernel'
import type { Evaluation, EvaluationSetting, Evaluator } from './api.js'
import type { Definitions } from './definitions.js'
import type { KeyedExecutions } from './keyed-executions.js'
import type { Payloads } from './payloads.js'
import type { WorkerBook } from './worker-book.js'

type Evaluate = Extract<Ask, { kind: 'evaluate' }>
type DefinitionAsk = Extract<Ask, { kind: 'definition' }>
type LastPollsAsk = Extract<Ask, { kind: 'lastPolls' }>
type KeyedAsk = Extract<Ask, { kind: 'keyed' }>

interface AskParts {
  readonly definitions: Definitions
  readonly workers: WorkerBook
  readonly evaluator: Evaluator
  readonly payloads: Payloads
  readonly keyed: KeyedExecutions
}

/** What a decision was told of definitions, for its commit to prove. */
export class Basis {
  /** The lowest epoch; null: it needed none, or nobody else writes. */
  epoch: number | null = null
  /** Something was taken from memory. */
  isKept = false

  note(epoch: number | null, isKept: boolean): void {
    if (epoch === null) return
    this.epoch = this.epoch === null ? epoch : Math.min(this.epoch, epoch)
    this.isKept ||= isKept
  }
}

/** Answers what decisions ask: from memory at once where it can, from the store and the sandbox otherwise. */
export class Asks {
  readonly #definitions: Definitions
  readonly #workers: WorkerBook
  readonly #evaluator: Evaluator

  readonly #payloads: Payloads
  readonly #keyed: KeyedExecutions

  constructor({ definitions, workers, evaluator, payloads, keyed }: AskParts) {
    this.#definitions = definitions
    this.#workers = workers
    this.#evaluator = evaluator
    this.#payloads = payloads
    this.#keyed = keyed
  }

  /** Adds the answers to `answers`; returns what must be awaited for the rest, or null when all is there. */
  answer(asks: readonly Ask[], answers: Map<string, Answer>, setting: EvaluationSetting, basis: Basis): Promise<unknown> | null {
    const evaluations: Evaluate[] = []
    const polls: LastPollsAsk[] = []
    const reads: DefinitionAsk[] = []
    const awaited: Promise<void>[] = []
    let isNew = false
    for (const ask of asks) {
      if (answers.has(ask.key)) continue
      isNew = true
      switch (ask.kind) {
        case 'evaluate':
          evaluations.push(ask)
          break
        case 'definition': {
          const known = this.#definitions.kept(ask.of, ask.namespace, ask.name, ask.version)
          if (known) {
            answers.set(ask.key, { ok: true, value: known.json })
            basis.note(this.#definitions.epoch, true)
          } else reads.push(ask)
          break
        }
        case 'lastPolls':
          polls.push(ask)
          break
        case 'payload':
        case 'keepPayload':
        case 'usePayload':
          awaited.push(this.#payload(ask, answers))
          break
        case 'keyed':
          awaited.push(this.#lookUp(ask, answers))
          break
        default:
          assertNever(ask)
      }
    }
    invariant(isNew, `a rule asks again what was answered: ${asks.map(ask => ask.key).join(', ')}`)
    for (const ask of reads) awaited.push(this.#read(ask, answers, basis))
    for (const ask of polls) {
      const polled = this.#workers.lastPolls(ask.queues)
      if (polled instanceof Promise) awaited.push(polled.then(value => void answers.set(ask.key, { ok: true, value: [...value] })))
      else answers.set(ask.key, { ok: true, value: [...polled] })
    }
    if (evaluations.length > 0) awaited.push(this.#evaluate(evaluations, answers, setting))
    return awaited.length === 0 ? null : Promise.all(awaited)
  }

  async #read(ask: DefinitionAsk, answers: Map<string, Answer>, basis: Basis): Promise<void> {
    const known = await this.#definitions.get(ask.of, ask.namespace, ask.name, ask.version)
    basis.note(this.#definitions.epoch, false)
    answers.set(ask.key, { ok: true, value: known.json satisfies Json })
  }

  async #payload(ask: PayloadAsk, answers: Map<string, Answer>): Promise<void> {
    answers.set(ask.key, { ok: true, value: await this.#payloads.answer(ask) })
  }

  async #lookUp(ask: KeyedAsk, answers: Map<string, Answer>): Promise<void> {
    answers.set(ask.key, { ok: true, value: await this.#keyed.look(ask.name, ask.idempotencyKey) })
  }

  async #evaluate(asks: readonly Evaluate[], answers: Map<string, Answer>, setting: EvaluationSetting): Promise<void> {
    const unique = new Map<string, Evaluation>(asks.map(ask => [ask.key, ask]))
    const results = await this.#evaluator.evaluate([...unique.values()], setting)
    let index = 0
    for (const key of unique.keys()) {
      const answer = results[index++]
      invariant(answer, 'the evaluator answers each run')
      answers.set(key, answer)
    }
  }
}
