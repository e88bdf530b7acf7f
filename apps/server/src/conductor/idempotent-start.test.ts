import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ServerInTest, serverInTest } from '../testing/server-in-test.js'

let server: ServerInTest
beforeAll(async () => {
  server = await serverInTest()
  const tasks = [{ name: 'hold', taskReferenceName: 'hold', type: 'HUMAN' }]
  await server.call('PUT', '/api/metadata/workflow', [
    { name: 'once', version: 1, tasks },
    { name: 'other', version: 1, tasks },
  ])
})
afterAll(() => server.stop())

const start = (key: string, strategy?: string, name = 'once') =>
  server.call('POST', '/api/workflow', { name, idempotencyKey: key, idempotencyStrategy: strategy })
const end = (id: string) => server.call('POST', `/api/tasks/${id}/hold/COMPLETED`, {})

describe('a start with an idempotency key', () => {
  it('finds the execution of the first start, also when it has ended', async () => {
    const first = await start('a', 'RETURN_EXISTING')
    expect((await start('a', 'RETURN_EXISTING')).text).toBe(first.text)
    await end(first.text)
    expect((await start('a')).text).toBe(first.text)
    expect((await server.call('GET', `/api/workflow/${first.text}`)).json).toMatchObject({ idempotencyKey: 'a', status: 'COMPLETED' })
  })

  it('makes one execution of many starts at once', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => start('b', 'RETURN_EXISTING')))
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
  })

  it('409 for a second start that is to fail, whatever became of the first', async () => {
    const first = await start('c', 'FAIL')
    const second = await start('c', 'FAIL')
    expect([second.status, second.json.message]).toEqual([409, `A workflow once with the idempotency key c exists already: ${first.text} (FAIL)`])
    await end(first.text)
    expect((await start('c', 'FAIL')).status).toBe(409)
  })

  it('409 while one runs, and another one after its end, again and again', async () => {
    const ids: string[] = []
    for (let round = 0; round < 6; round++) {
      const started = await start('d', 'FAIL_ON_RUNNING')
      expect(started.status).toBe(200)
      expect((await start('d', 'FAIL_ON_RUNNING')).status).toBe(409)
      expect((await start('d', 'RETURN_EXISTING')).text).toBe(started.text)
      await end(started.text)
      ids.push(started.text)
    }
    expect(new Set(ids).size).toBe(6)
  })

  it('one of many starts at once follows an ended one', async () => {
    await end((await start('e', 'FAIL_ON_RUNNING')).text)
    const answers = await Promise.all(Array.from({ length: 10 }, () => start('e', 'FAIL_ON_RUNNING')))
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, ...Array.from({ length: 9 }, () => 409)])
  })

  it('means another execution under another name', async () => {
    expect((await start('f')).text).not.toBe((await start('f', 'FAIL', 'other')).text)
  })

  it('400 for a strategy that nobody knows', async () => {
    expect((await start('g', 'SOMETIMES')).status).toBe(400)
  })
})
