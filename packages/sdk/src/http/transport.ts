/** The only way out of this package. Node talks through keep-alive agents, browsers through `fetch`; both are this. */

export interface HttpRequest {
  readonly method: string
  /** Scheme and authority: `https://conductor.example:8080`. */
  readonly origin: string
  /** From the first slash on, with the query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  /** The whole exchange: connecting, sending, waiting, reading. */
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
  /** May be sent a second time when nobody knows whether the first arrived. */
  readonly repeatable: boolean
}

export interface HttpResponse {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

export interface Transport {
  send(request: HttpRequest): Promise<HttpResponse>
  /** Closes idle connections. The transport can still be used and opens new ones. */
  close(): void
}

export interface TransportLimits {
  readonly responseBytesMax: number
  readonly connectionsMax: number
}

export const transportLimits: TransportLimits = { responseBytesMax: 64 * 1024 * 1024, connectionsMax: 1024 }
