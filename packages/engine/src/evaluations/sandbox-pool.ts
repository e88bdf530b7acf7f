import { fileURLToPath } from 'node:url'
import { type Answer, Problem } from '@busbar/kernel'
import type { Piscina } from 'piscina'
import type { EngineLimits, EngineLog, Evaluation, EvaluationSetting, Evaluator } from '../api.js'
import { toAnswer, toRun } from './run.js'
import type { Run, TextAnswer } from './sandbox.mjs'

/** A plain module beside this file: there from `src` as well as from `dist`. */
const workerFile = fileURLToPath(new URL('./sandbox-worker.mjs', import.meta.url))
/** What starting a thread and the host's own work may add before the watchdog bites. */
const graceMs = 1_000
const idleMs = 30_000
const runsPerMessageMax = 64

interface Batch {
  readonly runs: readonly Run[]
  readonly resolve: (answers: TextAnswer[]) => void
  readonly reject: (error: unknown) => void
}

/**
 * Threads that hold a sandbox each. None is started before the first evaluation; one that exceeds twice the deadline is
 * killed and replaced. The threads' time is real time whatever clock the engine runs on: a loop does not end because a
 * test moved its clock.
 */
export class SandboxPool implements Evaluator {
  readonly #limits: EngineLimits
  readonly #log: EngineLog
  #pool: Promise<Piscina<unknown, TextAnswer[]>> | null = null
  readonly #waiting: Batch[] = []
  #busy = 0
  #isStopped = false

  constructor(limits: EngineLimits, log: EngineLog) {
    this.#limits = limits
    this.#log = log
  }

  async evaluate(evaluations: readonly Evaluation[], setting: EvaluationSetting): Promise<readonly Answer[]> {
    const runs = evaluations.map(evaluation => toRun(evaluation, setting, this.#limits))
    const batches: Promise<TextAnswer[]>[] = []
    for (let at = 0; at < runs.length; at += runsPerMessageMax) batches.push(this.#answerAll(runs.slice(at, at + runsPerMessageMax)))
    return (await Promise.all(batches)).flat().map(toAnswer)
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    for (const { reject } of this.#waiting.splice(0)) reject(stopping())
    const pool = await this.#pool
    await pool?.destroy()
  }

  async #answerAll(runs: readonly Run[]): Promise<TextAnswer[]> {
    const answers: TextAnswer[] = []
    while (answers.length < runs.length) {
      const rest = runs.slice(answers.length)
      const some = await this.#message(rest)
      if (some.length > 0) answers.push(...some)
      // The thread died on one of them: each alone, so that only the guilty one fails.
      else if (rest.length > 1) for (const run of rest) answers.push(...(await this.#answerAll([run])))
      else answers.push({ ok: false, why: 'timeout', message: `the code ran longer than ${this.#limits.evaluationMsMax} ms and was stopped`, line: null })
    }
    return answers
  }

  /** Answers of the first runs, at least one; none when the thread was killed. */
  #message(runs: readonly Run[]): Promise<TextAnswer[]> {
    if (this.#isStopped) return Promise.reject(stopping())
    return new Promise((resolve, reject) => {
      this.#waiting.push({ runs, resolve, reject })
      this.#next()
    })
  }

  /** A batch is given to the pool only when a thread is free for it, because the watchdog counts from there. */
  #next(): void {
    if (this.#busy >= this.#limits.evaluationThreadsMax) return
    const batch = this.#waiting.shift()
    if (!batch) return
    this.#busy += 1
    this.#run(batch.runs)
      .then(batch.resolve, batch.reject)
      .finally(() => {
        this.#busy -= 1
        this.#next()
      })
  }

  async #run(runs: readonly Run[]): Promise<TextAnswer[]> {
    const pool = await (this.#pool ??= this.#open())
    const deadlineMs = this.#limits.evaluationMsMax
    const watchdog = new AbortController()
    const bite = setTimeout(() => watchdog.abort(), deadlineMs * 2 + graceMs)
    try {
      return await pool.run({ runs, deadlineMs }, { signal: watchdog.signal })
    } catch (error) {
      if (this.#isStopped) throw stopping()
      this.#log.warn('sandbox thread replaced', { runs: runs.length, error })
      return []
    } finally {
      clearTimeout(bite)
    }
  }

  async #open(): Promise<Piscina<unknown, TextAnswer[]>> {
    const { Piscina } = await import('piscina')
    return new Piscina({
      filename: workerFile,
      minThreads: 0,
      maxThreads: this.#limits.evaluationThreadsMax,
      idleTimeout: idleMs,
      // Deep input would overflow the host's stack first, with less.
      resourceLimits: { stackSizeMb: 16, maxOldGenerationSizeMb: 96 },
      env: {},
    })
  }
}

function stopping(): Problem {
  return new Problem('unavailable', 'the engine stops; evaluations are no longer taken')
}
