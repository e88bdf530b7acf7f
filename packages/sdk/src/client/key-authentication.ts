import type { HttpRequest, Transport } from '../http/transport.js'
import { apiException } from './api-exception.js'

export interface Keys {
  readonly keyId: string
  readonly keySecret: string
}

/** A token that will not be renewed in time is useless: the servers' last an hour. */
const tokenAgeMsMax = 45 * 60_000

/** Exchanges a key for a token and keeps it fresh. A server that knows no tokens (404) is one that asks for none. */
export class KeyAuthentication {
  private readonly keys: Keys
  private readonly transport: Transport
  private readonly now: () => number
  private known: { readonly origin: string; readonly madeAt: number; readonly token: Promise<string | undefined> } | undefined

  constructor(keys: Keys, transport: Transport, now: () => number = Date.now) {
    this.keys = keys
    this.transport = transport
    this.now = now
  }

  /** Calls that come while a token is being fetched wait for the same one. */
  token(origin: string, basePath: string): Promise<string | undefined> {
    const { known } = this
    if (known?.origin === origin && this.now() - known.madeAt < tokenAgeMsMax) return known.token
    const token = this.fetchToken(origin, basePath)
    const made = { origin, madeAt: this.now(), token }
    this.known = made
    token.catch(() => {
      if (this.known === made) this.known = undefined
    })
    return token
  }

  forget(): void {
    this.known = undefined
  }

  private async fetchToken(origin: string, basePath: string): Promise<string | undefined> {
    const request: HttpRequest = {
      method: 'POST',
      origin,
      path: `${basePath}/api/token`,
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: JSON.stringify(this.keys),
      timeoutMs: 30_000,
      signal: undefined,
      repeatable: true,
    }
    const response = await this.transport.send(request)
    if (response.status === 404) return undefined
    if (response.status !== 200) throw apiException(request, response)
    const { token } = JSON.parse(response.text) as { readonly token?: unknown }
    return typeof token === 'string' ? token : undefined
  }
}
