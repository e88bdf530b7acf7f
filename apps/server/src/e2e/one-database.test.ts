/** Servers on one PostgreSQL: what they agree on, and which rights they need. */
import { type PostgresServer, startPostgres } from '@busbar/store/testing/postgres-server'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { upgradeSchema } from '../open-store.js'
import { type ServerInTest, serverInTest } from '../testing/server-in-test.js'

let postgres: PostgresServer
const servers: ServerInTest[] = []
beforeAll(async () => {
  postgres = await startPostgres()
}, 60_000)
afterEach(() => Promise.all(servers.splice(0).map(server => server.stop())))
afterAll(() => postgres.stop())

async function serve(databaseUrl: string, migrate: 'run' | 'check' = 'run'): Promise<ServerInTest> {
  const server = await serverInTest({ databaseUrl, database: { migrate } })
  servers.push(server)
  return server
}

const human = { name: 'human', version: 1, schemaVersion: 2, tasks: [{ name: 'h', taskReferenceName: 'h', type: 'HUMAN' }] }

it('servers that start together migrate once, and workers of one are known to the other', async () => {
  const url = await postgres.newDatabase()
  const [a, b] = await Promise.all([serve(url), serve(url)])
  expect(a.workerToken).toBe(b.workerToken)
  const registration = { name: 'w', capabilities: ['script'], tags: [] }
  const registered = await a.asWorker('POST', '/worker/register', registration)
  expect(registered.status, registered.text).toBe(200)
  expect((await b.call('GET', '/api/workers')).json.total).toBe(1)
  expect((await b.asWorker('POST', '/worker/heartbeat', { worker_id: registered.json.worker_id })).status).toBeLessThan(300)
})

it('a role that may not change the schema serves from it', async () => {
  const url = await postgres.newDatabase('rights')
  await upgradeSchema(url)
  await postgres.query("CREATE ROLE server_only LOGIN PASSWORD 'narrow'")
  await postgres.query(
    'GRANT USAGE ON SCHEMA public TO server_only; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO server_only',
    [],
    'rights',
  )
  const narrow = url.replace(/\/\/[^@]*@/, '//server_only:narrow@')
  const server = await serve(narrow, 'check')
  await server.call('PUT', '/api/metadata/workflow', [human])
  const { text: id, status } = await server.call('POST', '/api/workflow/human', {})
  expect(status, id).toBe(200)
  expect((await server.call('GET', `/api/workflow/${id}`)).json.status).toBe('RUNNING')
  expect((await server.call('DELETE', `/api/workflow/${id}`)).status).toBe(200)
  expect((await server.call('DELETE', `/api/workflow/${id}/remove?archiveWorkflow=false`)).status).toBe(200)
})
