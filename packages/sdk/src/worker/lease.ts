/**
 * Keeps the server from giving a long task to somebody else: well before the response time-out it says that the work goes on.
 *
 * L1. A refusal that names the task as unknown or ended (404, 409, 410) ends the work: nobody wants its result.
 * L2. A lease that could not be renewed in its time is lost; the work is told, and whoever ignores it may still deliver.
 */
import { ApiException } from '../client/api-exception.js'
import type { Clock } from '../clock.js'

export interface LeaseOptions {
  readonly clock: Clock
  /** The response time-out. */
  readonly leaseMs: number
  readonly extend: () => Promise<unknown>
  /** Called once at most. */
  readonly onLost: (why: Error) => void
  readonly onTrouble: (error: unknown) => void
}

const renewAtShare = 0.8
/** After a failed renewal the rest of the lease is divided into so many tries. */
const triesLeftShare = 4
const leaseMsMin = 1_000

export class Lease {
  private readonly options: LeaseOptions
  private until: number
  private cancel = () => {}
  private ended = false

  constructor(options: LeaseOptions) {
    this.options = options
    this.until = options.clock.now() + options.leaseMs
    if (options.leaseMs >= leaseMsMin) this.renewIn(options.leaseMs * renewAtShare)
  }

  /** Until when the server surely keeps the task for us. */
  get heldUntil(): number {
    return this.until
  }

  end(): void {
    this.ended = true
    this.cancel()
  }

  private renewIn(delayMs: number): void {
    this.cancel = this.options.clock.later(delayMs, () => void this.renew())
  }

  private async renew(): Promise<void> {
    const askedAt = this.options.clock.now()
    try {
      await this.options.extend()
      this.until = askedAt + this.options.leaseMs
      if (!this.ended) this.renewIn(this.options.leaseMs * renewAtShare)
    } catch (error) {
      if (!this.ended) this.afterFailure(error)
    }
  }

  private afterFailure(error: unknown): void {
    this.options.onTrouble(error)
    if (error instanceof ApiException && [404, 409, 410].includes(error.code))
      return this.lose(new Error('The server does not want this task any more.', { cause: error }))
    const leftMs = this.until - this.options.clock.now()
    if (leftMs <= 0) return this.lose(new Error('The lease of this task could not be renewed in time.', { cause: error }))
    this.renewIn(Math.max(leftMs / triesLeftShare, Math.min(leftMs, 100)))
  }

  private lose(why: Error): void {
    this.end()
    this.options.onLost(why)
  }
}
