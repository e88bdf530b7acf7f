/** AMQP 0-9-1 (RabbitMQ): `amqp_queue:<queue>` and `amqp_exchange:<exchange>?bindQueueName=…&routingKey=…&exchangeType=…`. */
import { randomUUID } from 'node:crypto'
import { type Channel, type ChannelModel, type ConfirmChannel, connect, type ConsumeMessage } from 'amqplib'
import { type Address, againMs, type Broker, groupName, inFlightMax, optionsOf, type Outgoing, type Subscriber, type Unsubscribe } from './broker.js'

const connectMs = 10_000

export class AmqpBroker implements Broker {
  readonly #url: string
  #connection: Promise<ChannelModel> | null = null
  #channel: Promise<ConfirmChannel> | null = null

  constructor(url: string) {
    this.#url = url
  }

  async publish(address: Address, { id, body }: Outgoing): Promise<void> {
    const place = placeOf(address)
    const channel = await this.#confirming()
    if (place.exchange === null) await channel.assertQueue(place.queue, { durable: place.durable })
    else await channel.assertExchange(place.exchange, place.exchangeType, { durable: place.durable })
    const options = { messageId: id, persistent: true, contentType: 'application/json' }
    await new Promise<void>((resolve, reject) => {
      const done = (error: unknown) => (error ? reject(error instanceof Error ? error : new Error('the broker refused the message')) : resolve())
      channel.publish(place.exchange ?? '', place.exchange === null ? place.queue : place.routingKey, Buffer.from(body), options, done)
    })
  }

  async subscribe(address: Address, { onMessage, onLost }: Subscriber): Promise<Unsubscribe> {
    const place = placeOf(address)
    const channel = await (await this.#connected()).createChannel()
    let isOver = false
    const end = (error: unknown) => {
      if (!isOver) onLost(error)
      isOver = true
    }
    channel.on('error', end)
    channel.on('close', () => end(new Error('the channel was closed')))
    await channel.assertQueue(place.queue, { durable: place.durable })
    if (place.exchange !== null) {
      await channel.assertExchange(place.exchange, place.exchangeType, { durable: place.durable })
      await channel.bindQueue(place.queue, place.exchange, place.routingKey === '' ? '#' : place.routingKey)
    }
    await channel.prefetch(inFlightMax)
    await channel.consume(place.queue, message => {
      if (message === null) return end(new Error('the queue was deleted'))
      take(channel, message, onMessage, () => isOver)
    })
    return async () => {
      isOver = true
      await channel.close().catch(() => {})
    }
  }

  async close(): Promise<void> {
    const connection = await this.#connection?.catch(() => null)
    this.#forget()
    await connection?.close().catch(() => {})
  }

  #connected(): Promise<ChannelModel> {
    this.#connection ??= connect(this.#url, { timeout: connectMs }).then(
      connection => {
        connection.on('error', () => this.#forget())
        connection.on('close', () => this.#forget())
        return connection
      },
      (error: unknown) => {
        this.#forget()
        throw error
      },
    )
    return this.#connection
  }

  /** One channel for all that is published; a refused declaration ends it, and the next publish opens another. */
  #confirming(): Promise<ConfirmChannel> {
    this.#channel ??= this.#connected()
      .then(connection => connection.createConfirmChannel())
      .then(channel => {
        const forget = () => {
          this.#channel = null
        }
        channel.on('error', forget)
        channel.on('close', forget)
        return channel
      })
      .catch((error: unknown) => {
        this.#channel = null
        throw error
      })
    return this.#channel
  }

  #forget(): void {
    this.#connection = null
    this.#channel = null
  }
}

function take(channel: Channel, message: ConsumeMessage, onMessage: Subscriber['onMessage'], isOver: () => boolean): void {
  const id = typeof message.properties.messageId === 'string' && message.properties.messageId !== '' ? message.properties.messageId : randomUUID()
  onMessage({ id, body: message.content.toString('utf8') }).then(
    () => {
      if (!isOver()) channel.ack(message)
    },
    () =>
      setTimeout(() => {
        if (!isOver()) channel.nack(message)
      }, againMs),
  )
}

interface Place {
  /** Null: the queue is written to directly. */
  readonly exchange: string | null
  readonly exchangeType: string
  readonly queue: string
  readonly routingKey: string
  readonly durable: boolean
}

function placeOf({ type, uri }: Address): Place {
  const { name, options } = optionsOf(uri)
  const isExchange = type === 'amqp_exchange'
  return {
    exchange: isExchange ? name : null,
    exchangeType: options.get('exchangeType') ?? 'topic',
    queue: isExchange ? (options.get('bindQueueName') ?? `${groupName}.${name}`) : name,
    routingKey: options.get('routingKey') ?? '',
    durable: options.get('durable') !== 'false',
  }
}
