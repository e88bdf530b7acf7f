import { type ExecutionId, instant, type QueueName, type WorkerId } from '@busbar/kernel'
import { callerOf } from '../caller.js'
import type { Clock, EffectHandler, EngineApi, EngineLog, PollRequest, Work } from '../api.js'

export interface EffectParts {
  readonly handlers: Readonly<Record<string, EffectHandler>>
  readonly clock: Clock
  readonly log: EngineLog
  readonly concurrencyMax: number
  readonly poll: EngineApi['poll']
  /** Also while the engine stops: what was done must not be done again. */
  readonly send: (id: ExecutionId, command: { readonly kind: string }) => Promise<unknown>
  /** False when the lease was lost. */
  readonly extend: (work: Work, leaseMs: number) => Promise<boolean>
  /** Hands it back unfinished. */
  readonly release: (work: Work) => Promise<boolean>
}

export const effectQueuePrefix = 'system/'

const worker = 'engine' as WorkerId
const pollWaitMs = 60_000
const pauseAfterFailureMs = 1_000
/** A lease is renewed when this share of it is over. */
const renewShare = 1 / 3

/**
 * The engine's own workers. They claim the attempts of the reserved queues as any worker does, keep the lease while the
 * handler runs, and tell the execution how it went by a command of its dialect.
 */
export class EffectRunner {
  readonly #parts: EffectParts
  readonly #queues: readonly QueueName[]
  readonly #running = new Set<Promise<void>>()
  #stopping = new AbortController()
  #loop: Promise<void> | null = null

  constructor(parts: EffectParts) {
    this.#parts = parts
    this.#queues = Object.keys(parts.handlers).map(kind => `${effectQueuePrefix}${kind}` as QueueName)
  }

  start(): void {
    if (this.#queues.length === 0 || this.#loop) return
    this.#stopping = new AbortController()
    this.#loop = this.#run(this.#stopping.signal)
  }

  /** Takes no new work, and tells what runs to stop early; resolved when all has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#loop
    this.#loop = null
    await Promise.all(this.#running)
  }

  /** Does what waits now, to the end. Returns how many effects that were. */
  async runOnce(): Promise<number> {
    if (this.#queues.length === 0) return 0
    const works = await this.#parts.poll(this.#request(0, this.#parts.concurrencyMax))
    await Promise.all(works.map(work => this.#do(work, this.#stopping.signal)))
    return works.length
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const room = this.#parts.concurrencyMax - this.#running.size
      if (room <= 0) await Promise.race(this.#running)
      else
        try {
          for (const work of await this.#parts.poll(this.#request(pollWaitMs, room, signal))) this.#begin(work, signal)
        } catch (error) {
          this.#parts.log.error('effects not claimed', { error })
          await this.#pause(pauseAfterFailureMs, signal)
        }
    }
  }

  #begin(work: Work, signal: AbortSignal): void {
    const running = this.#do(work, signal).finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  /** Never rejects. What could not be told is done again when the lease has ended. */
  async #do(work: Work, stopping: AbortSignal): Promise<void> {
    const { handlers, send, release, log } = this.#parts
    const handler = handlers[work.attempt.queue?.slice(effectQueuePrefix.length) ?? '']
    if (!handler) return
    const lost = new AbortController()
    const endLease = this.#keepLease(work, lost)
    try {
      const signal = AbortSignal.any([lost.signal, stopping])
      const command = await handler.run(work, signal).catch((error: unknown) => (signal.aborted ? null : handler.failed(work, error)))
      if (lost.signal.aborted) return
      if (command) await send(work.execution, command)
      else await release(work)
    } catch (error) {
      log.error('effect not told to its execution', { execution: work.execution, attempt: work.attempt.id, error })
    } finally {
      endLease()
    }
  }

  #keepLease(work: Work, lost: AbortController): () => void {
    const { leaseMs } = work.attempt
    if (leaseMs === null) return () => {}
    const { clock } = this.#parts
    let cancel = () => {}
    const renewLater = () => {
      cancel = clock.wakeAt(instant(clock.now() + leaseMs * renewShare), () => void renew())
    }
    const renew = async () => {
      const isHeld = await this.#parts.extend(work, leaseMs).catch(() => true)
      if (isEnded) return
      if (isHeld) renewLater()
      else lost.abort()
    }
    let isEnded = false
    renewLater()
    return () => {
      isEnded = true
      cancel()
    }
  }

  #request(waitMs: number, max: number, signal?: AbortSignal): PollRequest {
    const request = { dialect: 'conductor', queues: this.#queues, worker, max, waitMs } as const
    return signal ? { ...request, caller: callerOf(signal) } : request
  }

  #pause(ms: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts
    return new Promise(resolve => {
      const end = () => {
        cancel()
        signal.removeEventListener('abort', end)
        resolve()
      }
      const cancel = clock.wakeAt(instant(clock.now() + ms), end)
      signal.addEventListener('abort', end)
    })
  }
}
