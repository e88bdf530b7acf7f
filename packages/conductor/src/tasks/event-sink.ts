/** Where an EVENT goes (conductor-semantics.md §10.16). */

/** Kinds of queue that a broker keeps, as sinks and events name them. */
export const brokerTypes = ['kafka', 'nats', 'nats_stream', 'jsm', 'amqp_queue', 'amqp_exchange', 'redis'] as const

export type BrokerType = (typeof brokerTypes)[number]

export type Sink =
  /** A queue of the server itself. */
  | { readonly kind: 'internal'; readonly event: string }
  | { readonly kind: 'broker'; readonly broker: BrokerType; readonly event: string; readonly uri: string }
  | { readonly kind: 'unknown'; readonly event: string; readonly reason: string }

export function sinkOf(sink: string, place: { readonly workflow: string; readonly ref: string }): Sink {
  if (sink === 'conductor') return { kind: 'internal', event: `conductor:${place.workflow}:${place.ref}` }
  const { type, uri } = partsOfEvent(sink)
  if (type === 'conductor') return { kind: 'internal', event: `conductor:${place.workflow}:${uri}` }
  if (isBrokerType(type) && uri !== '') return { kind: 'broker', broker: type, event: sink, uri }
  return { kind: 'unknown', event: sink, reason: uri === '' ? `Illegal event ${sink}` : `Unknown queue type ${type}` }
}

/** `<type>:<uri>`, split at the first colon. */
export function partsOfEvent(event: string): { readonly type: string; readonly uri: string } {
  const colon = event.indexOf(':')
  return colon === -1 ? { type: event, uri: '' } : { type: event.slice(0, colon), uri: event.slice(colon + 1) }
}

export function isBrokerType(type: string): type is BrokerType {
  return (brokerTypes as readonly string[]).includes(type)
}
