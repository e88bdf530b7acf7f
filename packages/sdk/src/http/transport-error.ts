import { ConductorError } from './conductor-error.js'
import type { HttpRequest } from './transport.js'

/** `unreachable`: no connection, so the server cannot have seen the request. `broken`: nobody knows whether it did. */
export type TransportFault = 'misconfigured' | 'unreachable' | 'broken' | 'timeout' | 'tooLarge'

/** No usable answer came. */
export class TransportError extends ConductorError {
  readonly fault: TransportFault

  constructor(request: HttpRequest, fault: TransportFault, reason: string, cause?: unknown) {
    super(`${request.method} ${targetOf(request)} got no answer: ${reason}`, cause)
    this.fault = fault
  }
}

/** For messages: without credentials and without the query, which may carry secrets. */
export function targetOf(request: Pick<HttpRequest, 'origin' | 'path'>): string {
  const origin = request.origin.replace(/\/\/[^/@]*@/, '//')
  const query = request.path.indexOf('?')
  return origin + (query === -1 ? request.path : request.path.slice(0, query))
}
