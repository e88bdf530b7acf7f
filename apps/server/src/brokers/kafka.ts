/** Kafka: `kafka:<topic>`, and what KAFKA_PUBLISH tasks publish. */
import { Consumer, type Message, type MessagesStream, Producer } from '@platformatic/kafka'
import { type Address, type Broker, groupName, type Outgoing, type Subscriber, type Unsubscribe } from './broker.js'

export interface KafkaRecord {
  readonly topic: string
  readonly key: Buffer | null
  readonly value: Buffer
  readonly headers: Readonly<Record<string, string>>
}

const idHeader = 'messageId'
const timeoutMs = 10_000
const clientId = 'busbar'

/** One cluster. */
export class KafkaBroker implements Broker {
  readonly #servers: readonly string[]
  #producer: Producer | null = null

  constructor(servers: readonly string[]) {
    this.#servers = servers
  }

  async publish({ uri }: Address, { id, body }: Outgoing): Promise<void> {
    await this.send({ topic: uri, key: Buffer.from(id), value: Buffer.from(body), headers: { [idHeader]: id } })
  }

  async send({ topic, key, value, headers }: KafkaRecord): Promise<void> {
    this.#producer ??= new Producer({
      clientId,
      bootstrapBrokers: [...this.#servers],
      connectTimeout: timeoutMs,
      timeout: timeoutMs,
      retries: 2,
      autocreateTopics: true,
    })
    const bytes = new Map(Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)]))
    await this.#producer.send({ messages: [{ topic, value, headers: bytes, ...(key !== null && { key }) }], acks: -1 })
  }

  async subscribe({ uri }: Address, { onMessage, onLost }: Subscriber): Promise<Unsubscribe> {
    const consumer = new Consumer({
      clientId,
      // One for each topic: members of a group that read different topics are given each other's.
      groupId: `${groupName}.${uri}`,
      bootstrapBrokers: [...this.#servers],
      connectTimeout: timeoutMs,
      timeout: timeoutMs,
      // Who reads may be here before who writes.
      autocreateTopics: true,
    })
    const stream = await streamOf(consumer, uri)
    let isOver = false
    const end = async () => {
      try {
        await stream.close()
        await consumer.close()
      } catch {
        // It was closed, or the cluster is gone: there is nothing left to end.
      }
    }
    const read = async () => {
      for await (const message of stream) {
        // One after the other: the offset that is committed says that all before it were taken.
        await onMessage({ id: idOf(message), body: message.value.toString('utf8') })
        await message.commit()
      }
      if (!isOver) onLost(new Error('the subscription ended'))
    }
    read().catch((error: unknown) => {
      if (!isOver) onLost(error)
      void end()
    })
    return async () => {
      isOver = true
      await end()
    }
  }

  async close(): Promise<void> {
    const producer = this.#producer
    this.#producer = null
    await producer?.close().catch(() => {})
  }
}

async function streamOf(consumer: Consumer, topic: string): Promise<MessagesStream<Buffer, Buffer, Buffer, Buffer>> {
  try {
    return await consumer.consume({ topics: [topic], autocommit: false, mode: 'committed', fallbackMode: 'earliest' })
  } catch (error) {
    void Promise.resolve(consumer.close()).catch(() => {})
    throw error
  }
}

function idOf({ headers, topic, partition, offset }: Message): string {
  for (const [name, value] of headers) if (name.toString() === idHeader) return value.toString()
  return `${topic}:${partition}:${offset}`
}
