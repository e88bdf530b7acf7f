/** KAFKA_PUBLISH tasks: one record to the cluster that the input names, if an operator allowed it. */
import type { EffectHandler, Work } from '@busbar/engine'
import { isJsonObject, type Json, type JsonObject } from '@busbar/kernel'
import type { KafkaRecord } from '../brokers/kafka.js'
import type { AllowList } from '../outbound/allow-list.js'
import { Forbidden } from '../outbound/outbound-guard.js'
import { type EffectEnd, effectEnded, messageOf } from './effect-end.js'

/** What sends records to one cluster. */
export interface KafkaSender {
  send(record: KafkaRecord): Promise<void>
  close(): Promise<void>
}

export interface KafkaParts {
  /** Servers that the operator configured for events. */
  readonly configured: readonly string[]
  readonly allow: AllowList
  readonly open: (servers: readonly string[]) => Promise<KafkaSender>
}

const clustersMax = 16

export interface KafkaEffect extends EffectHandler {
  close(): Promise<void>
}

export function kafkaEffect(parts: KafkaParts): KafkaEffect {
  const senders = new Map<string, Promise<KafkaSender>>()
  const senderOf = (servers: readonly string[]): Promise<KafkaSender> => {
    const key = servers.join(',')
    const known = senders.get(key)
    if (known !== undefined) return known
    const [oldest] = senders
    if (senders.size >= clustersMax && oldest !== undefined) {
      senders.delete(oldest[0])
      void oldest[1].then(sender => sender.close()).catch(() => {})
    }
    const opened = parts.open(servers)
    senders.set(key, opened)
    return opened
  }
  return {
    run: async work => effectEnded(work, await publish(parts, senderOf, work)),
    failed: (work, error) => effectEnded(work, failure(error)),
    close: async () => {
      await Promise.all([...senders.values()].map(sender => sender.then(one => one.close()).catch(() => {})))
    },
  }
}

async function publish(parts: KafkaParts, senderOf: (servers: readonly string[]) => Promise<KafkaSender>, { work }: Work): Promise<EffectEnd> {
  const input = isJsonObject(work['input']) ? work['input'] : {}
  const request = input['kafka_request']
  if (!isJsonObject(request)) return incomplete('Kafka details missing. Please provide kafka_request with bootStrapServers, topic and value')
  const servers = String(request['bootStrapServers'] ?? '')
    .split(',')
    .map(server => server.trim())
    .filter(server => server !== '')
  if (servers.length === 0) return incomplete('No boot strap servers specified')
  const topic = String(request['topic'] ?? '')
  if (topic === '') return incomplete('Missing Kafka topic. See documentation for KafkaTask for required input parameters')
  const value = request['value']
  if (value === undefined || value === null) return incomplete('Missing Kafka value.  See documentation for KafkaTask for required input parameters')
  try {
    for (const server of servers) mustReach(server, parts)
    const sender = await senderOf(servers)
    await sender.send({ topic, key: keyOf(request), value: Buffer.from(JSON.stringify(value)), headers: headersOf(request['headers']) })
  } catch (error) {
    return failure(error)
  }
  return { outcome: 'completed', output: {}, reason: null }
}

/** A cluster sends its clients on to servers of its choice, so it must be named as a whole. */
function mustReach(server: string, { configured, allow }: KafkaParts): void {
  if (configured.includes(server)) return
  const colon = server.lastIndexOf(':')
  const host = colon === -1 ? server : server.slice(0, colon)
  const port = colon === -1 ? 9092 : Number(server.slice(colon + 1))
  if (!allow.hasHost(host.toLowerCase(), port)) throw new Forbidden(`the Kafka server ${server} is not allowed: an operator can name it in outbound.allow`)
}

/** Written as the serializer it names writes it; without one, as text. */
function keyOf(request: JsonObject): Buffer | null {
  const key = request['key']
  if (key === undefined || key === null) return null
  const serializer = String(request['keySerializer'] ?? '')
  if (serializer.endsWith('LongSerializer')) {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64BE(BigInt(integer(key, 'LongSerializer')))
    return bytes
  }
  if (serializer.endsWith('IntegerSerializer')) {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32BE(integer(key, 'IntegerSerializer'))
    return bytes
  }
  return Buffer.from(typeof key === 'string' ? key : JSON.stringify(key))
}

function integer(key: Json, serializer: string): number {
  const number = Number(key)
  if (!Number.isSafeInteger(number)) throw new Error(`the ${serializer} takes whole numbers, found ${JSON.stringify(key)}`)
  return number
}

function headersOf(value: Json | undefined): Readonly<Record<string, string>> {
  if (!isJsonObject(value)) return {}
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, typeof one === 'string' ? one : JSON.stringify(one)]))
}

function incomplete(reason: string): EffectEnd {
  return { outcome: 'failed', output: {}, reason }
}

function failure(error: unknown): EffectEnd {
  const outcome = error instanceof Forbidden ? 'failedFinally' : 'failed'
  return { outcome, output: {}, reason: `Failed to invoke kafka task due to: ${messageOf(error)}` }
}
