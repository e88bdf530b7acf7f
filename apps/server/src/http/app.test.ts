import { on } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Problem } from '@busbar/kernel'
import type { FastifyInstance } from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import { silentLog } from '../log.js'
import { empty, json, text } from './answer.js'
import { createApp } from './app.js'
import { createGate } from './gate.js'
import type { Route } from './route.js'

const token = 'a-worker-token'
const hosts = new Set(['localhost', '127.0.0.1', '[::1]'])
const route = (over: Partial<Route>): Route => ({
  method: 'GET',
  paths: ['/api/tasks/x'],
  owner: 'conductor',
  scope: 'read',
  summary: 'A route',
  handle: () => empty(200),
  ...over,
})

let app: FastifyInstance
afterEach(() => app.close())

function open(routes: readonly Route[]): FastifyInstance {
  const gate = createGate({ workerToken: token, hosts })
  app = createApp({ routes, gate, log: silentLog, ownerOf: path => (path.startsWith('/api/tasks') ? 'conductor' : 'stroem') })
  return app
}

const inject = (method: 'GET' | 'POST' | 'PUT' | 'OPTIONS' | 'HEAD', url: string, headers: Record<string, string> = {}, payload = '') =>
  app.inject({ method, url, headers: { host: '127.0.0.1:8080', ...headers }, ...(payload === '' ? {} : { payload }) })

describe('registration', () => {
  it('fails when a route has no scope', () => {
    expect(() => open([route({ scope: undefined as never })])).toThrow('GET /api/tasks/x has no scope')
    app = createApp({ routes: [], gate: () => {}, log: silentLog, ownerOf: () => 'stroem' })
  })

  it('serves a route under all of its paths', async () => {
    open([route({ paths: ['/api/tasks/{id}', '/api/task/{id}'], handle: call => text(200, call.param('id')) })])
    expect((await inject('GET', '/api/tasks/a%20b')).body).toBe('a b')
    expect((await inject('GET', '/api/task/c')).body).toBe('c')
  })
})

describe('the gate', () => {
  it('403 for a host name that is not ours', async () => {
    open([route({})])
    const refused = await inject('GET', '/api/tasks/x', { host: 'evil.example:8080' })
    expect([refused.statusCode, refused.json().message]).toEqual([403, expect.stringContaining('allowedHosts')])
  })

  it('403 for a name that was bound anew, also where no route is', async () => {
    open([])
    expect((await inject('GET', '/nowhere', { host: 'rebound.example' })).statusCode).toBe(403)
  })

  it('403 for what a browser marks as sent by another site', async () => {
    open([route({ method: 'POST' })])
    expect((await inject('POST', '/api/tasks/x', { 'sec-fetch-site': 'cross-site' })).statusCode).toBe(403)
    expect((await inject('POST', '/api/tasks/x', { origin: 'http://evil.example' })).statusCode).toBe(403)
    expect((await inject('POST', '/api/tasks/x', { origin: 'null' })).statusCode).toBe(403)
    expect((await inject('POST', '/api/tasks/x', { 'sec-fetch-site': 'same-origin', origin: 'http://127.0.0.1:8080' })).statusCode).toBe(200)
  })

  it('401 without the worker token where one is needed', async () => {
    open([route({ paths: ['/worker/x'], owner: 'stroem', credential: 'workerToken' })])
    expect((await inject('GET', '/worker/x')).json()).toEqual({ error: 'Missing authorization header' })
    expect((await inject('GET', '/worker/x', { authorization: 'Basic x' })).json()).toEqual({ error: 'Invalid authorization header format' })
    const wrong = await inject('GET', '/worker/x', { authorization: 'Bearer no' })
    expect([wrong.statusCode, wrong.json()]).toEqual([401, { error: 'Invalid worker token' }])
    expect((await inject('GET', '/worker/x', { authorization: `Bearer ${token}` })).statusCode).toBe(200)
  })

  it('400 for a parameter that holds a separator or a control character', async () => {
    open([route({ paths: ['/api/tasks/{id}'] })])
    for (const id of ['..%2fetc', 'a%5cb', 'a%00b', 'a%0ab']) expect([id, (await inject('GET', `/api/tasks/${id}`)).statusCode]).toEqual([id, 400])
  })
})

describe('a client that goes away', () => {
  it('is noticed by the handler that still works for it', async () => {
    let reached = () => {}
    const isReached = new Promise<void>(resolve => (reached = resolve))
    let noticed = () => {}
    const isNoticed = new Promise<void>(resolve => (noticed = resolve))
    open([
      route({
        handle: async call => {
          call.gone.addEventListener('abort', noticed)
          reached()
          await isNoticed
          return empty(200)
        },
      }),
    ])
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    const client = new AbortController()
    const answer = fetch(`${url}/api/tasks/x`, { signal: client.signal }).catch(() => 'gone')
    await isReached
    client.abort()
    await isNoticed
    expect(await answer).toBe('gone')
  })
})

describe('errors', () => {
  const failing = (problem: unknown, owner: Route['owner'] = 'conductor') =>
    route({
      owner,
      handle: () => {
        throw problem
      },
    })

  it('keep the shape of the API that was called', async () => {
    open([failing(new Problem('missing', 'gone'))])
    expect((await inject('GET', '/api/tasks/x')).json()).toMatchObject({ status: 404, message: 'gone', retryable: false })
    await app.close()
    open([failing(new Problem('missing', 'gone'), 'stroem')])
    expect((await inject('GET', '/api/tasks/x')).json()).toEqual({ error: 'gone' })
  })

  it('429 and 503 tell when to come back', async () => {
    open([failing(new Problem('throttled', 'too much'))])
    const throttled = await inject('GET', '/api/tasks/x')
    expect([throttled.statusCode, throttled.headers['retry-after']]).toEqual([429, '1'])
    await app.close()
    open([failing(new Problem('unavailable', 'later'))])
    const unavailable = await inject('GET', '/api/tasks/x')
    expect([unavailable.statusCode, unavailable.headers['retry-after'], unavailable.json().retryable]).toEqual([503, '2', true])
  })

  it('500 tells nothing of a fault of ours', async () => {
    open([failing(new Error('the password is hunter2'))])
    const answer = await inject('GET', '/api/tasks/x')
    expect([answer.statusCode, answer.json().message, answer.body.includes('hunter2')]).toEqual([500, 'Internal server error', false])
  })

  it('400 lists violations as the original does, without an instance', async () => {
    open([failing(new Problem('invalid', 'x', { details: { violations: [{ path: 'a.arg0', message: 'must' }] } }))])
    expect((await inject('GET', '/api/tasks/x')).json()).toEqual({
      status: 400,
      message: 'Validation failed, check below errors for detail.',
      retryable: false,
      validationErrors: [{ path: 'a.arg0', message: 'must' }],
    })
  })

  it('413 for a body above the limit of its route', async () => {
    open([route({ method: 'POST', bodyBytesMax: 10, handle: call => json(200, call.text.length) })])
    expect((await inject('POST', '/api/tasks/x', {}, '12345678901')).statusCode).toBe(413)
    expect((await inject('POST', '/api/tasks/x', {}, '1234567890')).json()).toBe(10)
  })
})

describe('the rest of a body that is too large', () => {
  const head = (length: number) => `POST /api/tasks/x HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: ${length}\r\n\r\n`

  async function connected(): Promise<Socket> {
    open([route({ method: 'POST', bodyBytesMax: 10, handle: call => json(200, call.text.length) })])
    const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
    const socket = connect(Number(port), '127.0.0.1')
    return socket.setEncoding('utf8')
  }

  /** What is received until it holds a text. */
  async function until(socket: Socket, text: string): Promise<string> {
    let received = ''
    for await (const chunk of on(socket, 'data')) if ((received += String(chunk)).includes(text)) break
    return received
  }

  it('is read away: its sender gets the answer, and goes on with the same connection', async () => {
    const socket = await connected()
    socket.write(head(100_000))
    expect(await until(socket, 'send less')).toContain('413')
    socket.write(`${'x'.repeat(100_000)}${head(3)}abc`)
    expect(await until(socket, '\r\n\r\n3')).toContain('200 OK')
    socket.destroy()
  })

  it('has a bound, where the connection ends', async () => {
    const socket = await connected()
    socket.write(head(1e12))
    expect(await until(socket, 'send less')).toContain('413')
    const closed = new Promise(resolve => socket.once('close', resolve))
    let sent = 0
    const more = (): void => {
      while (!socket.destroyed && sent < 1e9) if (((sent += 1e6), !socket.write(Buffer.alloc(1e6)))) break
    }
    socket.on('drain', more).on('error', () => {})
    more()
    await closed
    expect(sent).toBeLessThan(200e6)
  })
})

describe('unknown paths and methods', () => {
  it('404 in the words of the API, a trailing slash being another path', async () => {
    open([route({ paths: ['/api/tasks/{id}'] })])
    expect((await inject('GET', '/api/tasks/x/y')).json()).toMatchObject({ status: 404, message: 'No static resource api/tasks/x/y.' })
    expect((await inject('GET', '/api/tasks/')).json()).toMatchObject({ status: 404, message: 'No static resource api/tasks.' })
    const other = await inject('GET', '/elsewhere')
    expect([other.statusCode, other.body]).toEqual([404, 'Not found'])
  })

  it('405 names the methods that are', async () => {
    open([route({}), route({ paths: ['/healthz'], owner: 'stroem' })])
    const conductor = await inject('POST', '/api/tasks/x')
    expect([conductor.statusCode, conductor.headers['allow'], conductor.json().message]).toEqual([405, 'GET,HEAD', "Request method 'POST' is not supported"])
    const stroem = await inject('POST', '/healthz')
    expect([stroem.statusCode, stroem.body]).toEqual([405, ''])
  })

  it('answers HEAD like GET, and OPTIONS with the methods', async () => {
    open([route({ handle: () => text(200, 'body') })])
    const head = await inject('HEAD', '/api/tasks/x')
    expect([head.statusCode, head.body]).toEqual([200, ''])
    expect((await inject('OPTIONS', '/api/tasks/x')).headers['allow']).toBe('GET,HEAD,OPTIONS')
    expect((await inject('OPTIONS', '/api/tasks/x', { 'access-control-request-method': 'POST' })).body).toBe('Invalid CORS request')
  })
})
