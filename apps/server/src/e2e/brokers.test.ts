/** Events through real brokers: what an EVENT task publishes comes back to a handler; what comes twice is handled once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Brokers } from '../brokers/brokers.js'
import { type BrokerInTest, natsInTest, rabbitInTest, redisInTest } from '../testing/brokers-in-test.js'
import { type ServerInTest, serverInTest } from '../testing/server-in-test.js'
import { until } from '../testing/until.js'

/** host:port of a Kafka cluster that creates topics by itself: no package of the system has one, so whoever has one names it. */
const kafka = process.env['BUSBAR_TEST_KAFKA']
/** A cluster outlives the test. */
const run = Date.now().toString(36)

const started: BrokerInTest[] = []
let server: ServerInTest
/** Somebody else on the same brokers. */
let others: Brokers

beforeAll(async () => {
  const brokers = await Promise.all([natsInTest(), rabbitInTest(), redisInTest()])
  started.push(...brokers)
  const [nats, rabbit, redis] = brokers
  const events = { kafka: kafka === undefined ? [] : [kafka], nats: nats.url, amqp: rabbit.url, redis: redis.url }
  others = new Brokers(events, 'somebody')
  server = await serverInTest({ events })
}, 60_000)

afterAll(async () => {
  await server?.stop()
  await others?.close()
  await Promise.all(started.map(broker => broker.stop()))
})

const correlated = async (name: string, id: string) => (await server.call('GET', `/api/workflow/${name}/correlated/${id}?includeClosed=true`)).json

async function prepare(name: string, sink: string): Promise<void> {
  const event = { name: 'e', taskReferenceName: 'e', type: 'EVENT', sink, inputParameters: { key: '${workflow.input.key}' } }
  const noop = { name: 'n', taskReferenceName: 'n', type: 'NOOP' }
  const definition = (of: string, task: object) => ({ name: of, version: 1, schemaVersion: 2, tasks: [task] })
  await server.call('PUT', '/api/metadata/workflow', [definition(`${name}-out`, event), definition(`${name}-in`, noop)])
  const action = { action: 'start_workflow', start_workflow: { name: `${name}-in`, correlationId: '${key}' } }
  const { status, text } = await server.call('POST', '/api/event', { name, event: sink, active: true, actions: [action] })
  expect(status, text).toBe(200)
}

describe.each([
  ['nats', 'nats', 'greetings'],
  ['jetstream', 'jsm', 'orders.new'],
  ['amqp-queue', 'amqp_queue', 'orders'],
  ['amqp-exchange', 'amqp_exchange', 'news?bindQueueName=readers&routingKey=all'],
  ['redis', 'redis', 'log'],
  ...(kafka === undefined ? [] : [['kafka', 'kafka', `log-${run}`] as const]),
] as const)('over %s', (name, type, uri) => {
  beforeAll(async () => {
    await prepare(name, `${type}:${uri}`)
    // Until the subscription stands, NATS and an exchange without a queue keep nothing.
    await new Promise(resolve => setTimeout(resolve, 500))
  })

  it('what a task publishes starts a workflow', async () => {
    const { text: id } = await server.call('POST', `/api/workflow/${name}-out`, { key: `${name}-k` })
    const [arrived, ...more] = await until(
      () => correlated(`${name}-in`, `${name}-k`),
      list => list.length > 0,
    )
    expect(more).toEqual([])
    expect(arrived.event).toBe(`${type}:${uri}`)
    const workflow = (await server.call('GET', `/api/workflow/${id}`)).json
    expect(workflow).toMatchObject({
      status: 'COMPLETED',
      tasks: [{ status: 'COMPLETED', outputData: { event_produced: `${type}:${uri}`, key: `${name}-k` } }],
    })
  })

  it.skipIf(type === 'nats')('what comes twice under one id is handled once', async () => {
    const message = (id: string) => ({ id, body: JSON.stringify({ key: `${name}-twice` }) })
    await others.publish({ type, uri }, message('same'))
    await others.publish({ type, uri }, message('same'))
    await others.publish({ type, uri }, message('other'))
    await until(
      () => correlated(`${name}-in`, `${name}-twice`),
      list => list.length === 2,
    )
    await others.publish({ type, uri }, { id: 'last', body: JSON.stringify({ key: `${name}-last` }) })
    await until(
      () => correlated(`${name}-in`, `${name}-last`),
      list => list.length === 1,
    )
    expect(await correlated(`${name}-in`, `${name}-twice`)).toHaveLength(2)
  })

  // Core NATS keeps nothing and knows no ids.
  it.skipIf(type === 'nats')('what is not acknowledged comes again', async () => {
    const place = { type, uri: type === 'amqp_exchange' ? 'again?bindQueueName=again' : `${uri}_again` }
    let tries = 0
    const stop = await others.subscribe(place, {
      onMessage: async () => {
        tries += 1
        if (tries === 1) throw new Error('not yet')
      },
      onLost: () => {},
    })
    await others.publish(place, { id: 'x', body: '{}' })
    // Redis and Kafka hand what was left to a consumer that begins anew; the others by themselves.
    if (type === 'redis' || type === 'kafka') {
      await until(
        async () => tries,
        seen => seen === 1,
      )
      await stop()
      const again = await others.subscribe(place, { onMessage: async () => void (tries += 1), onLost: () => {} })
      await until(
        async () => tries,
        seen => seen === 2,
      )
      await again()
    } else {
      await until(
        async () => tries,
        seen => seen === 2,
      )
      await stop()
    }
  })
})

describe('a broker', () => {
  it.skipIf(kafka !== undefined)('that is not configured fails the task and says what to do', async () => {
    const event = { name: 'e', taskReferenceName: 'e', type: 'EVENT', sink: 'kafka:orders' }
    await server.call('PUT', '/api/metadata/workflow', [{ name: 'no-kafka', version: 1, schemaVersion: 2, tasks: [event] }])
    const { text: id } = await server.call('POST', '/api/workflow/no-kafka', {})
    const workflow = await until(
      async () => (await server.call('GET', `/api/workflow/${id}`)).json,
      seen => seen.status === 'FAILED',
    )
    expect(workflow.tasks[0].reasonForIncompletion).toMatch(
      /^Error loading queue:kafka:orders, for task:.*: no broker for kafka is configured: set events\.kafka$/,
    )
  })
})
