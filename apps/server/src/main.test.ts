import { chmodSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadConfig } from './config/config.js'
import { silentLog } from './log.js'
import { startServer } from './main.js'
import { type ServerInTest, serverInTest } from './testing/server-in-test.js'

const log = silentLog

describe('a server', () => {
  let server: ServerInTest
  beforeAll(async () => {
    server = await serverInTest()
  })
  afterAll(() => server.stop())

  it('tells the truth about its health in both words', async () => {
    expect((await server.call('GET', '/health')).json).toEqual({ healthResults: [], suppressedHealthResults: [], healthy: true })
    expect((await server.call('GET', '/api/health')).status).toBe(200)
    expect((await server.call('GET', '/healthz')).json).toEqual({ status: 'ok', db: 'ok' })
    for (const path of ['/livez', '/readyz']) expect((await server.call('GET', path)).text).toBe('ok')
  })

  it('keeps the worker token to itself, and the same at the next start', () => {
    const path = join(server.data, 'worker-token')
    expect(readFileSync(path, 'utf8').trim()).toBe(server.workerToken)
    expect(statSync(path).mode & 0o077).toBe(0)
    expect(statSync(server.data).mode & 0o077).toBe(0)
  })

  it('gives every route a scope and a description', async () => {
    const scopes = new Set(['public', 'read', 'work', 'start', 'operate', 'define', 'admin'])
    for (const route of server.routes) expect([route.paths[0], scopes.has(route.scope)]).toEqual([route.paths[0], true])
    const { json } = await server.call('GET', '/api-docs')
    for (const route of server.routes) for (const path of route.paths) expect(json.paths[path][route.method.toLowerCase()].summary).toBe(route.summary)
  })

  it('serves every route of workers with their token only', async () => {
    for (const route of server.routes.filter(({ paths }) => paths[0].startsWith('/worker/'))) {
      const path = route.paths[0].replace(/\{\w+\}/g, 'x')
      expect([path, (await server.call(route.method, path)).status]).toEqual([path, 401])
    }
  })

  it('names what it has not built yet', async () => {
    const refused = await server.call('POST', '/hooks/x')
    expect([refused.status, refused.json.error]).toEqual([501, expect.stringMatching(/^webhooks .*not built yet/)])
    expect((await server.call('GET', '/metrics')).status).toBe(501)
  })
})

describe('starting', () => {
  const folder = () => mkdtempSync(join(tmpdir(), 'busbar-start-'))
  const config = (flags: Parameters<typeof loadConfig>[0] & object) => loadConfig(flags).config

  it('is refused beyond loopback without a plain word', async () => {
    const open = config({ flags: { listen: { host: '0.0.0.0', port: 0 }, data: folder() } })
    await expect(startServer(open, { log })).rejects.toThrow('say allowOpenNetwork: true')
  })

  it('says which port is in use', async () => {
    const first = await serverInTest()
    const port = Number(new URL(first.url).port)
    await expect(startServer(config({ flags: { listen: { port }, data: folder() } }), { log })).rejects.toThrow(`port ${port} on 127.0.0.1 is in use`)
    await first.stop()
  })

  it('says that the data folder is a file', async () => {
    const path = join(folder(), 'file')
    writeFileSync(path, '')
    await expect(startServer(config({ flags: { listen: { port: 0 }, data: path } }), { log })).rejects.toThrow(/data folder .*file/)
  })

  it('closes the data folder to other accounts', async () => {
    const data = folder()
    chmodSync(data, 0o755)
    const server = await serverInTest({ data })
    expect(statSync(data).mode & 0o077).toBe(0)
    await server.stop()
  })

  it('finds what an earlier run stored', async () => {
    const data = folder()
    const flags = { listen: { port: 0 }, data }
    const first = await startServer(config({ flags }), { log })
    await fetch(`${first.url}/api/metadata/taskdefs`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '[{"name":"kept"}]' })
    await first.stop()
    const second = await startServer(config({ flags }), { log })
    expect((await fetch(`${second.url}/api/metadata/taskdef/kept`)).status).toBe(200)
    await second.stop()
  })
})
