import type { Store } from '@busbar/store'

export interface HealthReport {
  /** Why the server should get no work now; null when it should. */
  readonly trouble: string | null
  readonly storeTrouble: string | null
}

/** A database that says nothing for so long cannot be worked with, whatever it says later. */
const answerMsMax = 2_000

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
    const storeTrouble = await this.#storeTrouble()
    return { trouble: storeTrouble, storeTrouble }
  }

  async #storeTrouble(): Promise<string | null> {
    let timer: NodeJS.Timeout | undefined
    const silence = new Promise<string>(resolve => {
      timer = setTimeout(resolve, answerMsMax, `the database has not answered for ${answerMsMax / 1000} s`)
    })
    const answer = this.#store.trouble().catch((error: unknown) => (error instanceof Error ? error.message : String(error)))
    try {
      return await Promise.race([answer, silence])
    } finally {
      clearTimeout(timer)
    }
  }
}
