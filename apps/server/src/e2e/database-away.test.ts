/** What the callers of a server see while its PostgreSQL is away, and when it is back. */
import { connect, createServer, type Server, type Socket } from 'node:net'
import { type PostgresServer, startPostgres } from '@busbar/store/testing/postgres-server'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type ServerInTest, serverInTest } from '../testing/server-in-test.js'

let postgres: PostgresServer
const servers: ServerInTest[] = []
beforeAll(async () => {
  postgres = await startPostgres()
}, 60_000)
afterEach(async () => {
  await postgres.start()
  await Promise.all(servers.splice(0).map(server => server.stop()))
})
afterAll(() => postgres.stop())

async function serve(databaseUrl: string, drainSeconds = 2): Promise<ServerInTest> {
  const server = await serverInTest({ databaseUrl, stop: { drainSeconds } })
  servers.push(server)
  return server
}

const human = { name: 'human', version: 1, schemaVersion: 2, tasks: [{ name: 'h', taskReferenceName: 'h', type: 'HUMAN' }] }

async function started({ call }: ServerInTest): Promise<string> {
  await call('PUT', '/api/metadata/workflow', [human])
  const { status, text } = await call('POST', '/api/workflow/human', {})
  expect(status, text).toBe(200)
  return text
}

/** Both wires, reads and writes. */
const calls = (id: string): readonly (readonly [string, string, unknown?])[] => [
  ['GET', `/api/workflow/${id}`],
  ['POST', '/api/workflow/human', {}],
  ['POST', '/api/workflow', { name: 'human', version: 1 }],
  ['PUT', `/api/workflow/${id}/pause`],
  ['POST', '/api/tasks', { workflowInstanceId: id, taskId: id, status: 'COMPLETED' }],
  ['GET', '/api/tasks/queue/all'],
  ['PUT', '/api/metadata/workflow', [human]],
  ['GET', '/api/jobs'],
  ['GET', `/api/jobs/${id}`],
  ['GET', '/api/stats'],
  ['GET', '/api/workers'],
]

describe('while the database is away', () => {
  it('every caller hears 503 and when to come back, nobody 500, and all goes on when it is back', async () => {
    const server = await serve(await postgres.newDatabase())
    const id = await started(server)
    const held = server.call('GET', '/api/tasks/poll/batch/nothing?timeout=5000')
    await postgres.halt('immediate')

    expect([200, 204, 503]).toContain((await held).status)
    for (const [method, path, body] of calls(id)) {
      const { status, headers, json } = await server.call(method, path, body)
      expect({ method, path, status, retryAfter: headers.get('retry-after') }).toEqual({
        method,
        path,
        status: 503,
        retryAfter: expect.stringMatching(/^\d+$/),
      })
      expect(JSON.stringify(json)).not.toMatch(/postgres:\/\/[^"]*:[^"]*@/)
    }
    for (const route of server.routes) {
      if (route.paths[0].includes('stream')) continue
      const path = route.paths[0].replace(/\{\w+\}/g, id)
      const answer = await server.call(route.method, path, route.method === 'GET' ? undefined : {}, { authorization: `Bearer ${server.workerToken}` })
      expect([route.method, path, answer.status, answer.text]).not.toEqual([route.method, path, 500, answer.text])
      if (answer.status === 503 && !/^\/(health|readyz)/.test(path) && path !== '/api/health')
        expect([path, answer.headers.get('retry-after')]).toEqual([path, expect.stringMatching(/^\d+$/)])
    }
    const health = await server.call('GET', '/health')
    expect([health.status, health.json.healthy, health.json.healthResults[0].errorMessage]).toEqual([503, false, expect.stringMatching(/database/)])
    expect((await server.call('GET', '/readyz')).status).toBe(503)
    expect((await server.call('GET', '/livez')).text).toBe('ok')
    expect((await server.call('GET', '/healthz')).json).toEqual({ status: 'unhealthy', db: 'error' })

    await postgres.start()
    await expect.poll(async () => (await server.call('GET', '/health')).status, { timeout: 10_000 }).toBe(200)
    expect((await server.call('GET', `/api/workflow/${id}`)).json).toMatchObject({ workflowId: id, status: 'RUNNING' })
    expect(await started(server)).not.toBe(id)
  })

  it('a stop ends in time', async () => {
    const server = await serve(await postgres.newDatabase())
    await started(server)
    const held = server.call('GET', '/api/tasks/poll/batch/nothing?timeout=5000').catch(() => null)
    await postgres.halt('immediate')
    const begun = performance.now()
    await server.stop()
    servers.length = 0
    expect(performance.now() - begun).toBeLessThan(4_000)
    await held
  })
})

describe('while the database says nothing', () => {
  it('callers hear 503 within about ten seconds, health at once, and a stop ends in time', { timeout: 60_000 }, async () => {
    const wire = await Wire.to(postgres.port)
    const url = (await postgres.newDatabase()).replace(`:${postgres.port}/`, `:${wire.port}/`)
    const server = await serve(url)
    const id = await started(server)
    wire.freeze()
    const begun = performance.now()
    const took = () => Math.round(performance.now() - begun)
    const answers = calls(id).map(async ([method, path, body]) => {
      const { status } = await server.call(method, path, body)
      return { method, path, status, isInTime: took() < 13_000 }
    })
    expect((await server.call('GET', '/health')).status).toBe(503)
    expect(took()).toBeLessThan(4_000)
    expect(await Promise.all(answers)).toEqual(calls(id).map(([method, path]) => ({ method, path, status: 503, isInTime: true })))
    const stopping = performance.now()
    await server.stop()
    servers.length = 0
    expect(performance.now() - stopping).toBeLessThan(9_000)
    await wire.close()
  })
})

/** A connection between server and database that can be made to carry nothing, as a network that is cut. */
class Wire {
  readonly port: number
  readonly #server: Server
  readonly #sockets: Socket[]

  static async to(port: number): Promise<Wire> {
    const sockets: Socket[] = []
    const server = createServer(near => {
      const far = connect(port, '127.0.0.1')
      for (const socket of [near, far]) socket.on('error', () => {})
      sockets.push(near, far)
      near.pipe(far)
      far.pipe(near)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return new Wire(server, sockets)
  }

  private constructor(server: Server, sockets: Socket[]) {
    const address = server.address()
    this.port = typeof address === 'object' && address !== null ? address.port : 0
    this.#server = server
    this.#sockets = sockets
  }

  freeze(): void {
    for (const socket of this.#sockets) socket.unpipe().pause()
    this.#server.removeAllListeners('connection')
    this.#server.on('connection', socket => this.#sockets.push(socket.on('error', () => {}).pause()))
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise(resolve => this.#server.close(resolve))
  }
}
