import type { Store } from '@busbar/store'

export interface HealthReport {
  /** Why the server should get no work now; null when it should. */
  readonly trouble: string | null
  readonly storeTrouble: string | null
}

/** The truth for the health routes: the store answers, and the server is not on its way out. */
export class Health {
  readonly #store: Pick<Store, 'trouble'>
  readonly #draining = new AbortController()

  constructor(store: Pick<Store, 'trouble'>) {
    this.#store = store
  }

  /** Fires when the server begins to stop: what has no end by itself ends then. */
  get draining(): AbortSignal {
    return this.#draining.signal
  }

  drain(): void {
    this.#draining.abort()
  }

  async check(): Promise<HealthReport> {
    if (this.draining.aborted) return { trouble: 'the server is stopping', storeTrouble: null }
    const storeTrouble = await this.#store.trouble().catch((error: unknown) => (error instanceof Error ? error.message : String(error)))
    return { trouble: storeTrouble, storeTrouble }
  }
}
