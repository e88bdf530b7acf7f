/**
 * NATS: `nats:<subject>[:<group>]`, which may lose messages, and JetStream, which does not: `jsm:<subject>[:<consumer>]`,
 * also called `nats_stream`. A subject that no stream keeps yet gets one of its own.
 */
import { createHash, randomUUID } from 'node:crypto'
import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager, type JsMsg } from '@nats-io/jetstream'
import { connect, type Msg, type NatsConnection } from '@nats-io/transport-node'
import { type Address, againMs, type Broker, groupName, inFlightMax, type Outgoing, type Subscriber, type Unsubscribe } from './broker.js'

const connectMs = 10_000
const idHeader = 'Nats-Msg-Id'

interface Connected {
  readonly connection: NatsConnection
  readonly stream: JetStreamClient
  readonly manager: () => Promise<JetStreamManager>
}

export class NatsBroker implements Broker {
  readonly #url: string
  #connected: Promise<Connected> | null = null

  constructor(url: string) {
    this.#url = url
  }

  async publish(address: Address, { id, body }: Outgoing): Promise<void> {
    const { subject } = placeOf(address)
    const { connection, stream, manager } = await this.#connect()
    if (address.type === 'nats') {
      connection.publish(subject, body)
      return connection.flush()
    }
    await streamFor(await manager(), subject)
    await stream.publish(subject, body, { msgID: id })
  }

  async subscribe(address: Address, subscriber: Subscriber): Promise<Unsubscribe> {
    const place = placeOf(address)
    const { connection, stream, manager } = await this.#connect()
    return address.type === 'nats' ? subscribeCore(connection, place, subscriber) : subscribeStream(stream, await manager(), place, subscriber)
  }

  async close(): Promise<void> {
    const connected = await this.#connected?.catch(() => null)
    this.#connected = null
    await connected?.connection.close()
  }

  #connect(): Promise<Connected> {
    this.#connected ??= this.#open()
    return this.#connected
  }

  async #open(): Promise<Connected> {
    try {
      const connection = await connect({ servers: this.#url, timeout: connectMs, maxReconnectAttempts: -1 })
      void connection.closed().then(() => {
        this.#connected = null
      })
      let manager: Promise<JetStreamManager> | null = null
      return { connection, stream: jetstream(connection), manager: () => (manager ??= jetstreamManager(connection)) }
    } catch (error) {
      this.#connected = null
      throw error
    }
  }
}

interface Place {
  readonly subject: string
  readonly group: string | null
}

function placeOf({ uri }: Address): Place {
  const colon = uri.indexOf(':')
  return colon === -1 ? { subject: uri, group: null } : { subject: uri.slice(0, colon), group: uri.slice(colon + 1) }
}

/** The stream that keeps a subject. */
async function streamFor(manager: JetStreamManager, subject: string): Promise<string> {
  try {
    return await manager.streams.find(subject)
  } catch {
    const name = subject.replace(/[^A-Za-z0-9_-]/g, '_')
    const { config } = await manager.streams.add({ name, subjects: [subject] })
    return config.name
  }
}

async function subscribeCore(connection: NatsConnection, { subject, group }: Place, { onMessage, onLost }: Subscriber): Promise<Unsubscribe> {
  const subscription = connection.subscribe(subject, {
    queue: group ?? groupName,
    callback: (error, message: Msg) => {
      if (error) return onLost(error)
      // Nobody sends it again: what cannot be taken is lost, as core NATS says.
      onMessage({ id: message.headers?.get(idHeader) || randomUUID(), body: message.string() }).catch(() => {})
    },
  })
  await connection.flush()
  return async () => {
    await subscription.drain().catch(() => {})
  }
}

async function subscribeStream(
  client: JetStreamClient,
  manager: JetStreamManager,
  { subject, group }: Place,
  { onMessage, onLost }: Subscriber,
): Promise<Unsubscribe> {
  const stream = await streamFor(manager, subject)
  const name = group ?? `${groupName}_${createHash('sha256').update(subject).digest('hex').slice(0, 16)}`
  await manager.consumers.add(stream, { durable_name: name, filter_subject: subject, ack_policy: 'explicit', max_ack_pending: inFlightMax })
  const consumer = await client.consumers.get(stream, name)
  const messages = await consumer.consume({ max_messages: inFlightMax })
  let isOver = false
  const read = async () => {
    for await (const message of messages) {
      const id = message.headers?.get(idHeader) || `${stream}:${message.seq}`
      // Not awaited: the bound of unacknowledged messages is the bound of those at work.
      void onMessage({ id, body: message.string() }).then(
        () => acknowledge(message),
        () => message.nak(againMs),
      )
    }
    if (!isOver) onLost(new Error('the subscription ended'))
  }
  read().catch(onLost)
  return async () => {
    isOver = true
    await messages.close()
  }
}

async function acknowledge(message: JsMsg): Promise<void> {
  // A lost acknowledgement brings the message again; its id tells.
  await message.ackAck().catch(() => {})
}
