import type { ConductorCommand } from '@busbar/conductor'
import type { Work } from '@busbar/engine'
import type { JsonObject } from '@busbar/kernel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KafkaBroker } from '../brokers/kafka.js'
import { AllowList } from '../outbound/allow-list.js'
import { type KafkaInTest, kafkaInTest } from '../testing/kafka-in-test.js'
import { type KafkaEffect, kafkaEffect } from './kafka-effect.js'

type Ended = Extract<ConductorCommand, { kind: 'effectEnded' }>

let kafka: KafkaInTest
let effect: KafkaEffect
beforeAll(async () => {
  kafka = await kafkaInTest()
  effect = kafkaEffect({ configured: [kafka.server], allow: new AllowList(['other.test:9092']), open: async servers => new KafkaBroker(servers) })
})
afterAll(async () => {
  await effect.close()
  await kafka.stop()
})

async function publish(request: JsonObject | null): Promise<Ended> {
  const input = request === null ? {} : { kafka_request: request }
  return (await effect.run({ work: { input }, attempt: { id: 'a', fence: 1 } } as unknown as Work, new AbortController().signal)) as Ended
}

describe('a KAFKA_PUBLISH task', () => {
  it('sends its value as JSON, with key and headers', async () => {
    const request = { bootStrapServers: kafka.server, topic: 'orders', value: { n: 1 }, key: 'k', headers: { a: 'b' } }
    expect(await publish(request)).toMatchObject({ outcome: 'completed', output: {}, reason: null })
    expect(kafka.produced.at(-1)).toMatchObject({ topic: 'orders', key: Buffer.from('k'), value: '{"n":1}', headers: { a: 'b' } })
  })

  it('writes keys as their serializer does', async () => {
    const request = { bootStrapServers: kafka.server, topic: 'orders', value: 'x' }
    await publish({ ...request, key: 258, keySerializer: 'org.apache.kafka.common.serialization.LongSerializer' })
    expect(kafka.produced.at(-1)?.key?.toString('hex')).toBe('0000000000000102')
    await publish({ ...request, key: '258', keySerializer: 'org.apache.kafka.common.serialization.IntegerSerializer' })
    expect(kafka.produced.at(-1)?.key?.toString('hex')).toBe('00000102')
    await publish(request)
    expect(kafka.produced.at(-1)).toMatchObject({ key: null, value: '"x"' })
    const refused = await publish({ ...request, key: 'x', keySerializer: 'LongSerializer' })
    expect(refused).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('takes whole numbers') })
  })

  it('reaches no cluster that nobody named', async () => {
    const refused = await publish({ bootStrapServers: '10.0.0.1:9092', topic: 't', value: 1 })
    expect(refused).toMatchObject({ outcome: 'failedFinally', reason: expect.stringContaining('an operator can name it in outbound.allow') })
  })

  it('says what is missing', async () => {
    expect((await publish(null)).reason).toContain('kafka_request')
    expect((await publish({})).reason).toContain('No boot strap servers')
    expect((await publish({ bootStrapServers: kafka.server })).reason).toContain('Missing Kafka topic')
    expect((await publish({ bootStrapServers: kafka.server, topic: 't' })).reason).toContain('Missing Kafka value')
  })
})

describe('an event for Kafka', () => {
  it('carries its id, by which it is known when it comes twice', async () => {
    const broker = new KafkaBroker([kafka.server])
    await broker.publish({ type: 'kafka', uri: 'events' }, { id: 'm-1', body: '{"x":1}' })
    expect(kafka.produced.at(-1)).toMatchObject({ topic: 'events', key: Buffer.from('m-1'), value: '{"x":1}', headers: { messageId: 'm-1' } })
    await broker.close()
  })
})
