import { ConductorError } from '../client/errors.js'
import type { HttpRequest } from './transport.js'

export type TransportFault = 'unreachable' | 'broken' | 'timeout' | 'tooLarge'

/** No usable answer came. `neverSent` is certain knowledge: the server cannot have seen the request. */
export class TransportError extends ConductorError {
  readonly fault: TransportFault
  readonly neverSent: boolean

  constructor(request: HttpRequest, fault: TransportFault, told: { readonly reason: string; readonly neverSent: boolean; readonly cause?: unknown }) {
    super(`${request.method} ${describeTarget(request)} got no answer: ${told.reason}`, told.cause)
    this.fault = fault
    this.neverSent = told.neverSent
  }
}

/** For messages: without credentials and without the query, which may carry secrets. */
export function describeTarget(request: Pick<HttpRequest, 'origin' | 'path'>): string {
  const origin = request.origin.replace(/\/\/[^/@]*@/, '//')
  const query = request.path.indexOf('?')
  return origin + (query === -1 ? request.path : request.path.slice(0, query))
}
