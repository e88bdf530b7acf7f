/**
 * A step's log on its way to the server: in order, in batches bounded by bytes, soon after each line, resent until it
 * arrives. When the server is slower than the step, the step waits (`room`); only when the server is gone for good are
 * lines dropped, and their number is said in the log itself.
 */
import { ServerError, type WireLogLine } from './client.js'

export interface LogLimits {
  /** Lines wait this long for company. */
  readonly flushMs: number
  readonly batchBytesMax: number
  /** Above this the step's output is not read until the server caught up. */
  readonly bufferBytesMax: number
  /** More of one step than this is dropped and counted. */
  readonly stepBytesMax: number
  readonly triesMax: number
  readonly retryMsMax: number
}

export const logLimits: LogLimits = {
  flushMs: 100,
  batchBytesMax: 512 * 1024,
  bufferBytesMax: 4 * 1024 * 1024,
  stepBytesMax: 256 * 1024 * 1024,
  triesMax: 10,
  retryMsMax: 10_000,
}

/** What a line costs on the wire beside its text, about. */
const lineOverheadBytes = 80

export class LogStream {
  readonly #send: (lines: readonly WireLogLine[]) => Promise<void>
  readonly #limits: LogLimits
  readonly #trouble: (error: unknown, dropped: number) => void
  readonly #now: () => string
  #waiting: WireLogLine[] = []
  #waitingBytes = 0
  #totalBytes = 0
  #dropped = 0
  #timer: NodeJS.Timeout | null = null
  #sending: Promise<void> | null = null
  #roomFor: (() => void)[] = []

  constructor(
    send: (lines: readonly WireLogLine[]) => Promise<void>,
    now: () => string,
    trouble: (error: unknown, dropped: number) => void,
    limits: LogLimits = logLimits,
  ) {
    this.#send = send
    this.#now = now
    this.#trouble = trouble
    this.#limits = limits
  }

  add(stream: 'stdout' | 'stderr', line: string): void {
    const bytes = line.length + lineOverheadBytes
    this.#totalBytes += bytes
    if (this.#totalBytes > this.#limits.stepBytesMax) {
      this.#dropped += 1
      return
    }
    this.#waiting.push({ ts: this.#now(), stream, line })
    this.#waitingBytes += bytes
    if (this.#waitingBytes >= this.#limits.batchBytesMax) this.#flush()
    else this.#timer ??= setTimeout(() => this.#flush(), this.#limits.flushMs)
  }

  /** Null while there is room; else resolves when there is. */
  room(): Promise<void> | null {
    if (this.#waitingBytes < this.#limits.bufferBytesMax) return null
    return new Promise(resolve => this.#roomFor.push(resolve))
  }

  /** Sends what is left; resolves when it has arrived or was given up. */
  async end(): Promise<void> {
    if (this.#dropped > 0) {
      this.#waiting.push({
        ts: this.#now(),
        stream: 'stderr',
        line: `[worker] ${this.#dropped} lines were dropped: a step may log ${this.#limits.stepBytesMax} bytes`,
      })
    }
    this.#flush()
    await this.#sending
  }

  #flush(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    if (this.#sending || this.#waiting.length === 0) return
    this.#sending = this.#drain().finally(() => {
      this.#sending = null
    })
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#takeBatch()
      await this.#deliver(batch)
      if (this.#waitingBytes < this.#limits.bufferBytesMax) for (const resolve of this.#roomFor.splice(0)) resolve()
    }
  }

  #takeBatch(): readonly WireLogLine[] {
    let bytes = 0
    let count = 0
    for (const { line } of this.#waiting) {
      if (count > 0 && bytes + line.length + lineOverheadBytes > this.#limits.batchBytesMax) break
      bytes += line.length + lineOverheadBytes
      count += 1
    }
    this.#waitingBytes = Math.max(0, this.#waitingBytes - bytes)
    return this.#waiting.splice(0, count)
  }

  async #deliver(batch: readonly WireLogLine[]): Promise<void> {
    for (let tried = 1; ; tried++) {
      try {
        await this.#send(batch)
        return
      } catch (error) {
        const final = (error instanceof ServerError && error.status < 500 && error.status !== 429) || tried === this.#limits.triesMax
        this.#trouble(error, final ? batch.length : 0)
        if (final) return
        await new Promise(resolve => setTimeout(resolve, Math.min(200 * 2 ** tried, this.#limits.retryMsMax)))
      }
    }
  }
}
