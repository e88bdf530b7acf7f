import { type ExecutionId, Problem } from '@busbar/kernel'
import type { LogLine, Store } from '@busbar/store'
import type { InFlight } from './in-flight.js'
import type { Watchers } from './watchers.js'

export interface LogParts {
  readonly store: Store
  readonly inFlight: InFlight
  readonly watchers: Watchers
  /** Null when there is no such execution. */
  readonly isEnded: (id: ExecutionId) => Promise<boolean | null>
  /** Lines were written here: other servers may have followers. */
  readonly onLogged: (id: ExecutionId) => void
  /** Calls back after a while where news may be lost, because others write too; null: none is lost. */
  readonly slowCheck: ((callback: () => void) => () => void) | null
}

export interface FollowOptions {
  readonly source?: string
  readonly signal: AbortSignal
  readonly untilEnded?: boolean
}

type NewLine = Omit<LogLine, 'position'>

interface Caller {
  readonly lines: readonly NewLine[]
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

const linesPerReadMax = 1_000

/**
 * Lines of steps. What arrives for an execution while its lines are being written is written with the next batch.
 * A follower reads from the store what it has not seen whenever something was written, so a slow one costs no memory
 * and misses nothing.
 */
export class Logs {
  readonly #parts: LogParts
  /** The batch that gathers while another one of the same execution is written; null: none gathers. */
  readonly #writing = new Map<ExecutionId, Caller[] | null>()

  constructor(parts: LogParts) {
    this.#parts = parts
  }

  append(id: ExecutionId, lines: readonly NewLine[]): Promise<void> {
    if (lines.length === 0) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const caller = { lines, resolve, reject }
      const gathering = this.#writing.get(id)
      if (gathering) gathering.push(caller)
      else if (gathering === null) this.#writing.set(id, [caller])
      else void this.#parts.inFlight.during(this.#write(id, [caller]))
    })
  }

  async #write(id: ExecutionId, first: readonly Caller[]): Promise<void> {
    for (let callers: readonly Caller[] | null = first; callers; callers = this.#writing.get(id) ?? null) {
      this.#writing.set(id, null)
      await this.#store(id, callers)
      this.#parts.watchers.tell(id, { ended: false })
      this.#parts.onLogged(id)
    }
    this.#writing.delete(id)
  }

  async #store(id: ExecutionId, callers: readonly Caller[]): Promise<void> {
    try {
      await this.#parts.store.appendLogs(
        id,
        callers.flatMap(({ lines }) => lines),
      )
      for (const { resolve } of callers) resolve()
    } catch (error) {
      const isOneToBlame = error instanceof Problem && error.code === 'invalid'
      if (isOneToBlame && callers.length > 1) for (const caller of callers) await this.#store(id, [caller])
      else for (const { reject } of callers) reject(error)
    }
  }

  async *follow(id: ExecutionId, options: FollowOptions): AsyncGenerator<readonly LogLine[]> {
    const { store, watchers, isEnded, slowCheck } = this.#parts
    const bell = new Bell(options.signal)
    const unwatch = watchers.watch(id, news => bell.ring(news.ended))
    try {
      let after = 0
      // Heard of from then on: the watcher was there before the question.
      if (options.untilEnded && (await isEnded(id)) !== false) bell.hasEnded = true
      while (!options.signal.aborted) {
        // Asked before reading: lines that came before the end are read after it was known.
        const isOver = options.untilEnded === true && bell.hasEnded
        bell.hush()
        const lines = await store.logs(id, { ...(options.source === undefined ? {} : { source: options.source }), after, limit: linesPerReadMax })
        const last = lines.at(-1)
        if (last) {
          after = last.position
          yield lines
        } else if (isOver) return
        else if (await bell.rungOr(slowCheck)) continue
        else if (options.untilEnded && (await isEnded(id)) !== false) bell.hasEnded = true
      }
    } finally {
      unwatch()
      bell.close()
    }
  }
}

/** Remembers that it rang, so that what happens while the follower reads is not missed. */
class Bell {
  hasEnded = false
  #isRung = false
  #wake: (() => void) | null = null
  readonly #signal: AbortSignal
  readonly #onAbort = () => this.ring(false)

  constructor(signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  ring(hasEnded: boolean): void {
    this.hasEnded ||= hasEnded
    this.#isRung = true
    this.#wake?.()
    this.#wake = null
  }

  hush(): void {
    this.#isRung = false
  }

  /** False when it was the slow check that woke. */
  rungOr(slowCheck: ((callback: () => void) => () => void) | null): Promise<boolean> {
    if (this.#isRung || this.#signal.aborted) return Promise.resolve(true)
    return new Promise(resolve => {
      const cancel = slowCheck?.(() => resolve(false))
      this.#wake = () => {
        cancel?.()
        resolve(true)
      }
    })
  }

  close(): void {
    this.#signal.removeEventListener('abort', this.#onAbort)
  }
}
