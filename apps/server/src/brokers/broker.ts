/**
 * Message brokers, each behind one port. A broker is connected to when it is first needed, and its client is loaded then.
 *
 * K1. `publish` resolves when the broker has confirmed the message (core NATS confirms nothing: when it was flushed).
 * K2. A message is acknowledged after `onMessage` has resolved, and comes again after it rejected. So it may come twice;
 *     its id tells, where the broker or the sender gives it one.
 */
import type { BrokerType } from '@busbar/conductor'

export interface Address {
  readonly type: BrokerType
  /** What follows the first colon of a sink or an event. */
  readonly uri: string
}

export interface Outgoing {
  readonly id: string
  /** JSON text. */
  readonly body: string
}

export interface Incoming {
  readonly id: string
  readonly body: string
}

export interface Subscriber {
  readonly onMessage: (message: Incoming) => Promise<void>
  /** The subscription ended by itself. */
  readonly onLost: (error: unknown) => void
}

/** Ends the subscription; what is under way is finished or comes again. */
export type Unsubscribe = () => Promise<void>

export interface Broker {
  publish(address: Address, message: Outgoing): Promise<void>
  subscribe(address: Address, subscriber: Subscriber): Promise<Unsubscribe>
  close(): Promise<void>
}

/** Servers share what comes in: all of them are one group. */
export const groupName = 'busbar'

/** Messages of one subscription that are worked on at the same time. */
export const inFlightMax = 16

/** A message that could not be taken comes again, but not at once. */
export const againMs = 1_000

/** `name?key=value&…`: what some addresses say besides a name. */
export function optionsOf(uri: string): { readonly name: string; readonly options: URLSearchParams } {
  const mark = uri.indexOf('?')
  return mark === -1 ? { name: uri, options: new URLSearchParams() } : { name: uri.slice(0, mark), options: new URLSearchParams(uri.slice(mark + 1)) }
}
