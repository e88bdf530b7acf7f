import { assertNever, Problem } from '@busbar/kernel'
import type { BrokerType } from '@busbar/conductor'
import type { Config } from '../config/config.js'
import type { Address, Broker, Outgoing, Subscriber, Unsubscribe } from './broker.js'

type Kind = keyof Config['events']

/** The brokers that the configuration names. The client of each is loaded when it is first needed. */
export class Brokers {
  readonly #config: Config['events']
  readonly #server: string
  readonly #open = new Map<Kind, Promise<Broker>>()

  /** `server` tells this server from others on the same brokers. */
  constructor(config: Config['events'], server: string) {
    this.#config = config
    this.#server = server
  }

  isConfigured(type: BrokerType): boolean {
    return this.#config[kindOf(type)].length > 0
  }

  async publish(address: Address, message: Outgoing): Promise<void> {
    await (await this.#broker(address.type)).publish(address, message)
  }

  async subscribe(address: Address, subscriber: Subscriber): Promise<Unsubscribe> {
    return (await this.#broker(address.type)).subscribe(address, subscriber)
  }

  async close(): Promise<void> {
    const open = [...this.#open.values()]
    this.#open.clear()
    await Promise.all(open.map(broker => broker.then(one => one.close()).catch(() => {})))
  }

  #broker(type: BrokerType): Promise<Broker> {
    const kind = kindOf(type)
    if (!this.isConfigured(type)) throw new Problem('unsupported', `no broker for ${type} is configured: set events.${kind}`)
    let broker = this.#open.get(kind)
    if (broker === undefined) {
      broker = this.#load(kind)
      this.#open.set(kind, broker)
    }
    return broker
  }

  async #load(kind: Kind): Promise<Broker> {
    const { kafka, nats, amqp, redis } = this.#config
    switch (kind) {
      case 'kafka':
        return new (await import('./kafka.js')).KafkaBroker(kafka)
      case 'nats':
        return new (await import('./nats.js')).NatsBroker(nats)
      case 'amqp':
        return new (await import('./amqp.js')).AmqpBroker(amqp)
      case 'redis':
        return new (await import('./redis.js')).RedisBroker(redis, this.#server)
      default:
        return assertNever(kind)
    }
  }
}

const kinds = {
  kafka: 'kafka',
  nats: 'nats',
  nats_stream: 'nats',
  jsm: 'nats',
  amqp_queue: 'amqp',
  amqp_exchange: 'amqp',
  redis: 'redis',
} satisfies Record<BrokerType, Kind>

function kindOf(type: BrokerType): Kind {
  return kinds[type]
}
