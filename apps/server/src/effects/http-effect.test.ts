import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import type { ConductorCommand } from '@busbar/conductor'
import type { Work } from '@busbar/engine'
import type { JsonObject } from '@busbar/kernel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AllowList } from '../outbound/allow-list.js'
import { OutboundGuard } from '../outbound/outbound-guard.js'
import { httpEffect } from './http-effect.js'

interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

const seen: Seen[] = []
const servers: Server[] = []
let url = ''
let elsewhere = ''

const routes: Readonly<Record<string, (response: ServerResponse, request: Seen) => void>> = {
  '/echo': (response, request) => response.end(JSON.stringify(request)),
  '/scalar': response => response.end('true'),
  '/number': response => response.end('12.5'),
  '/text': response => response.end('{broken'),
  '/empty': response => response.writeHead(204).end(),
  '/teapot': response => response.writeHead(418).end('short and stout'),
  '/busy': response => response.writeHead(503).end(),
  '/odd': response => response.writeHead(304).end(),
  '/twice': response => {
    response.setHeader('X-Twice', ['a', 'b'])
    response.end('{}')
  },
  '/gzip': response => {
    response.setHeader('content-encoding', 'gzip')
    response.end(gzipSync('{"zipped":true}'))
  },
  '/bomb': response => {
    response.setHeader('content-encoding', 'gzip')
    response.end(gzipSync(Buffer.alloc(2_000_000)))
  },
  '/large': response => response.end('x'.repeat(200_000)),
  '/endless': response => {
    const write = () => response.write('x'.repeat(10_000), error => error || setImmediate(write))
    write()
  },
  '/never': () => {},
  '/drip': response => {
    const timer = setInterval(() => response.write('x'), 20)
    response.on('close', () => clearInterval(timer))
  },
  '/to-echo': response => response.writeHead(302, { location: '/echo' }).end(),
  '/to-echo-307': response => response.writeHead(307, { location: '/echo' }).end(),
  '/to-elsewhere': response => response.writeHead(307, { location: `${elsewhere}/echo` }).end(),
  '/to-loop': response => response.writeHead(302, { location: '/to-loop' }).end(),
  '/to-metadata': response => response.writeHead(302, { location: 'http://169.254.169.254/latest' }).end(),
  '/to-file': response => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
  '/pollute': response => response.end('{"__proto__": {"polluted": 1}}'),
}

async function listen(): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const one = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() }
      seen.push(one)
      const route = routes[one.url.replace(/\?.*/, '')]
      if (route === undefined) response.writeHead(404).end('{"error":"gone"}')
      else route(response, one)
    })
  })
  servers.push(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

beforeAll(async () => {
  url = await listen()
  elsewhere = await listen()
})
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
})

type Ended = Extract<ConductorCommand, { kind: 'effectEnded' }>

const limits = { responseBytesMax: 100_000, totalMs: 400 }

/** `stored` is what is kept of the input, where secrets are references. */
async function ask(input: JsonObject, { allow = ['127.0.0.0/8'], stored = input, signal = new AbortController().signal } = {}): Promise<Ended> {
  const effect = httpEffect(new OutboundGuard({ allow: new AllowList(allow), ownPorts: () => [] }), limits)
  const work = { work: { input }, attempt: { id: 'a', fence: 3, data: { input: stored } } } as unknown as Work
  return (await effect.run(work, signal)) as Ended
}

const get = (path: string, more: JsonObject = {}) => ask({ http_request: { method: 'GET', uri: url + path, ...more } })
const bodyOf = (ended: Ended) => (ended.output['response'] as JsonObject)['body']
const reasonOf = async (ended: Promise<Ended>) => {
  const { outcome, reason } = await ended
  return `${outcome}: ${reason}`
}

describe('an HTTP task', () => {
  it('gives status, headers as they were written, and a body of JSON', async () => {
    const ended = await get('/twice')
    expect(ended).toMatchObject({ kind: 'effectEnded', attempt: 'a', fence: 3, outcome: 'completed', reason: null })
    expect(ended.output['response']).toMatchObject({ statusCode: 200, reasonPhrase: 'OK', headers: { 'X-Twice': ['a', 'b'] }, body: {} })
  })

  it('sends what its input says, once, with defaults for the rest', async () => {
    const { length } = seen
    await get('/echo?a=1', { method: 'post', headers: { 'X-One': 1 }, body: { q: [1, null] }, accept: ['text/plain', 'text/html'] })
    expect(seen.slice(length)).toMatchObject([
      {
        method: 'POST',
        url: '/echo?a=1',
        body: '{"q":[1,null]}',
        headers: { accept: 'text/plain, text/html', 'content-type': 'application/json', 'x-one': '1' },
      },
    ])
    await get('/echo', { method: 'POST', body: 'plain', contentType: 'text/plain' })
    expect(seen.at(-1)).toMatchObject({ body: 'plain', headers: { accept: 'application/json', 'content-type': 'text/plain' } })
    await get('/echo', { method: 'POST', body: { a: 1, b: 'x y' }, contentType: 'application/x-www-form-urlencoded' })
    expect(seen.at(-1)?.body).toBe('a=1&b=x+y')
  })

  it('takes bodies as the original does', async () => {
    expect(bodyOf(await get('/scalar'))).toBe('true')
    expect(bodyOf(await get('/number'))).toBe(12.5)
    expect(bodyOf(await get('/text'))).toBe('{broken')
    expect(bodyOf(await get('/empty'))).toBeNull()
    expect(bodyOf(await get('/gzip'))).toEqual({ zipped: true })
    expect(bodyOf(await get('/pollute'))).toBe('{"__proto__": {"polluted": 1}}')
  })

  it('fails by the status of the answer, and says which', async () => {
    expect(await get('/gone')).toMatchObject({
      outcome: 'failed',
      output: { response: `404 Not Found on GET request for "${url}/gone": "{"error":"gone"}"` },
      reason: `Failed to invoke HTTP task due to: 404 Not Found on GET request for "${url}/gone": "{"error":"gone"}"`,
    })
    expect(await reasonOf(get('/teapot'))).toContain("418 I'm a Teapot on GET")
    expect(await get('/odd')).toMatchObject({ outcome: 'failed', output: { response: { statusCode: 304 } } })
  })

  it('is asked for once, also when the answer is 503', async () => {
    const { length } = seen
    expect((await get('/busy')).outcome).toBe('failed')
    expect(seen).toHaveLength(length + 1)
  })

  it('fails where nobody listens, and where nothing comes in time', async () => {
    expect(await reasonOf(ask({ uri: 'http://127.0.0.1:1/', method: 'GET' }))).toContain(
      'I/O error on GET request for "http://127.0.0.1:1/": Connection refused',
    )
    expect(await reasonOf(get('/never', { readTimeOut: 50 }))).toContain('Read timed out')
    expect(await reasonOf(get('/drip'))).toContain('The request took too long in all')
  })

  it('is bounded in what it takes', async () => {
    expect(await reasonOf(get('/large'))).toMatch(/^failed: .*The answer is larger than allowed/)
    expect(await reasonOf(get('/endless'))).toMatch(/^failed: .*The answer is larger than allowed/)
    expect(await reasonOf(get('/bomb'))).toMatch(/^failed: .*The answer is larger than allowed/)
  })

  it('says what is missing', async () => {
    expect(await ask({ method: 'GET' })).toMatchObject({ outcome: 'failed', output: {}, reason: expect.stringMatching(/^Missing HTTP URI/) })
    expect(await ask({ uri: url })).toMatchObject({ outcome: 'failed', output: {}, reason: 'No HTTP method specified' })
  })

  it('that is told to stop is not answered', async () => {
    const controller = new AbortController()
    const asked = ask({ uri: `${url}/never`, method: 'GET' }, { signal: controller.signal })
    controller.abort()
    await expect(asked).rejects.toThrow(/abort/)
  })
})

describe('the guard of HTTP tasks', () => {
  it('refuses this machine unless an operator allows it, for good, without naming the address, and no connection is made', async () => {
    const { length } = seen
    const ended = await ask({ uri: `${url}/echo`, method: 'GET' }, { allow: [] })
    expect(ended.outcome).toBe('failedFinally')
    expect(ended.reason).toContain('that is a loopback address; an operator can allow targets with outbound.allow')
    expect((await ask({ uri: url.replace('127.0.0.1', 'localhost'), method: 'GET' }, { allow: [] })).outcome).toBe('failedFinally')
    expect(seen).toHaveLength(length)
  })

  it.each([
    ['connection', 'x'],
    ['Content-Length', '0'],
    ['transfer-encoding', 'chunked'],
    ['Proxy-Authorization', 'x'],
    ['expect', '100-continue'],
    ['x\r\ny', 'x'],
    ['x', 'a\r\nHost: b'],
    ['x', 'a\u0000'],
    ['x y', 'x'],
  ])('refuses the header %j: %j', async (name, value) => {
    expect((await get('/echo', { headers: { [name]: value } })).outcome).toBe('failedFinally')
  })

  it('refuses a header given twice, another host, and unknown methods', async () => {
    expect(await reasonOf(get('/echo', { headers: { 'X-A': '1', 'x-a': '2' } }))).toContain('given twice')
    expect(await reasonOf(get('/echo', { headers: { host: 'inner' } }))).toContain('host header')
    expect(await reasonOf(get('/echo', { method: 'CONNECT' }))).toContain('expected one of the methods')
  })

  it('lets a host that is allowed by name get another host header', async () => {
    const ended = await ask({ uri: `${url.replace('127.0.0.1', 'localhost')}/echo`, method: 'GET', headers: { host: 'inner' } }, { allow: ['localhost'] })
    expect(ended.outcome).toBe('completed')
    expect(seen.at(-1)?.headers.host).toBe('inner')
  })
})

describe('a redirect', () => {
  it('is followed; a POST becomes a GET where the status says so', async () => {
    await get('/to-echo', { method: 'POST', body: { a: 1 } })
    expect(seen.at(-1)).toMatchObject({ method: 'GET', url: '/echo', body: '' })
    await get('/to-echo-307', { method: 'POST', body: { a: 1 } })
    expect(seen.at(-1)).toMatchObject({ method: 'POST', url: '/echo', body: '{"a":1}' })
  })

  it('leads nowhere that the guard refuses, and not round for ever', async () => {
    expect(await reasonOf(get('/to-metadata'))).toMatch(/^failedFinally: .*metadata/)
    expect(await reasonOf(get('/to-file'))).toMatch(/^failedFinally: .*expected http or https/)
    expect(await reasonOf(get('/to-loop'))).toMatch(/^failed: .*more than 5 redirects/)
  })

  it('to another origin carries no credentials and no secrets', async () => {
    const headers = { authorization: 'a', cookie: 'b', 'x-open': 'c', 'x-key': 'hush' }
    const stored = { uri: `${url}/to-elsewhere`, method: 'GET', headers: { ...headers, 'x-key': '${workflow.secrets.key}' } }
    await ask({ ...stored, headers }, { stored })
    const last = seen.at(-1)
    expect(last?.headers).toMatchObject({ 'x-open': 'c' })
    for (const name of ['authorization', 'cookie', 'x-key']) expect(last?.headers).not.toHaveProperty(name)
    const withBody = { ...stored, method: 'POST', body: { key: '${workflow.secrets.key}' } }
    expect(await reasonOf(ask({ ...withBody, body: { key: 'hush' } }, { stored: withBody }))).toMatch(/^failedFinally: .*would carry a secret/)
  })
})

describe('what an HTTP task tells', () => {
  it('never holds a secret of its address', async () => {
    const stored = { uri: `${url}/gone?key=\${workflow.secrets.key}`, method: 'GET' }
    const ended = await ask({ ...stored, uri: `${url}/gone?key=hush` }, { stored })
    expect(JSON.stringify(ended)).not.toContain('hush')
  })
})
