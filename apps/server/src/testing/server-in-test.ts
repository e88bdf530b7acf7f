/** A real server for a test: a free port, a real database in a folder of its own, stopped and removed at the end. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConfigFlags, loadConfig } from '../config/config.js'
import { silentLog } from '../log.js'
import { type Server, startServer } from '../main.js'

export interface ServerInTest extends Server {
  readonly data: string
  call(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Reply>
  /** A call with the worker token. */
  asWorker(method: string, path: string, body?: unknown): Promise<Reply>
}

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON; undefined when it is none. */
  // oxlint-disable-next-line typescript/no-explicit-any -- a test looks into whatever comes
  readonly json: any
}

export async function serverInTest(flags: ConfigFlags = {}): Promise<ServerInTest> {
  const data = await mkdtemp(join(tmpdir(), 'busbar-server-'))
  const { config } = loadConfig({ flags: { listen: { port: 0 }, stop: { drainSeconds: 5 }, data, ...flags } })
  const server = await startServer(config, { log: silentLog })
  const call: ServerInTest['call'] = async (method, path, body, headers = {}) => {
    const init = body === undefined ? { method, headers } : { method, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
    const response = await fetch(server.url + path, init)
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, json: jsonOf(text) }
  }
  return {
    ...server,
    data,
    call,
    asWorker: (method, path, body) => call(method, path, body, { authorization: `Bearer ${server.workerToken}` }),
    stop: async () => {
      await server.stop()
      await rm(data, { recursive: true, force: true })
    },
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
