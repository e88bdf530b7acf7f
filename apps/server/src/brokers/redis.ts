/** Streams of Redis: `redis:<stream>`. Each server is a consumer of one group; what a dead one left is taken over. */
import { createClient } from 'redis'
import { type Address, againMs, type Broker, groupName, inFlightMax, type Outgoing, type Subscriber, type Unsubscribe } from './broker.js'

const connectMs = 10_000
/** How long a read waits; between reads, what others left is looked for. */
const blockMs = 5_000
/** What was not acknowledged for so long is taken over. */
const leftMs = 60_000

type Client = ReturnType<typeof newClient>

function newClient(url: string) {
  return createClient({ url, socket: { connectTimeout: connectMs } })
}

interface Entry {
  readonly id: string
  readonly message: Readonly<Record<string, string>>
}

export class RedisBroker implements Broker {
  readonly #url: string
  readonly #consumer: string
  #client: Promise<Client> | null = null

  /** `consumer` tells this server from the others of its group. */
  constructor(url: string, consumer: string) {
    this.#url = url
    this.#consumer = consumer
  }

  async publish({ uri }: Address, { id, body }: Outgoing): Promise<void> {
    const client = await this.#connected()
    await client.xAdd(uri, '*', { id, body })
  }

  async subscribe({ uri }: Address, { onMessage, onLost }: Subscriber): Promise<Unsubscribe> {
    const client = await open(this.#url)
    await client.xGroupCreate(uri, groupName, '0', { MKSTREAM: true }).catch((error: unknown) => {
      if (!String(error).includes('BUSYGROUP')) throw error
    })
    let isOver = false
    const take = async ({ id, message }: Entry) => {
      await onMessage({ id: message['id'] ?? `${uri}:${id}`, body: message['body'] ?? JSON.stringify(message) })
      await client.xAck(uri, groupName, id)
    }
    const read = async () => {
      let isFirst = true
      while (!isOver) {
        const left = await client.xAutoClaim(uri, groupName, this.#consumer, isFirst ? 0 : leftMs, '0-0', { COUNT: inFlightMax })
        isFirst = false
        const fresh = await client.xReadGroup(groupName, this.#consumer, { key: uri, id: '>' }, { COUNT: inFlightMax, BLOCK: blockMs })
        const entries = [...left.messages.filter(entry => entry !== null), ...entriesOf(fresh)] as Entry[]
        const ends = await Promise.allSettled(entries.map(take))
        // What failed stays unacknowledged, and is taken up again after a while.
        if (ends.some(end => end.status === 'rejected')) await new Promise(resolve => setTimeout(resolve, againMs))
      }
    }
    const reading = read().catch((error: unknown) => {
      if (!isOver) onLost(error)
      client.destroy()
    })
    return async () => {
      isOver = true
      if (client.isOpen) client.destroy()
      await reading
    }
  }

  async close(): Promise<void> {
    const client = await this.#client?.catch(() => null)
    this.#client = null
    if (client?.isOpen) client.destroy()
  }

  #connected(): Promise<Client> {
    this.#client ??= open(this.#url).catch((error: unknown) => {
      this.#client = null
      throw error
    })
    return this.#client
  }
}

async function open(url: string): Promise<Client> {
  const client = newClient(url)
  // Without a listener an error of the connection would end the process; commands reject by themselves.
  client.on('error', () => {})
  await client.connect()
  return client
}

function entriesOf(reply: unknown): Entry[] {
  if (!Array.isArray(reply)) return []
  return (reply as readonly { readonly messages: readonly Entry[] }[]).flatMap(stream => stream.messages)
}
