import { Agent, createServer, request, type RequestListener, type Server } from 'node:http'
import { EventEmitter, once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { startProxy } from './proxy.mjs'

const running: { close(): unknown }[] = []
afterEach(() => Promise.all(running.splice(0).map(one => one.close())))

async function serve(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  running.push({
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return `http://127.0.0.1:${address.port}`
}

async function proxyTo(...urls: string[]): Promise<string> {
  const proxy = await startProxy(urls)
  running.push({ close: () => proxy.stop() })
  return proxy.url
}

const named = (name: string) => serve((_, response) => response.end(name))

describe('the proxy', () => {
  it('sends each request of one connection to the next server', async () => {
    const url = await proxyTo(await named('a'), await named('b'), await named('c'))
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const said: string[] = []
    for (let i = 0; i < 6; i++) {
      const [response] = await once(request(url, { agent }).end(), 'response')
      for await (const chunk of response) said.push(String(chunk))
    }
    agent.destroy()
    expect(said).toEqual(['a', 'b', 'c', 'a', 'b', 'c'])
  })

  it('passes over a server that takes no connections, with the body whole', async () => {
    const echo = await serve((incoming, response) => incoming.pipe(response))
    const url = await proxyTo('http://127.0.0.1:1', echo)
    for (let i = 0; i < 4; i++) expect(await (await fetch(url, { method: 'POST', body: `body ${i}` })).text()).toBe(`body ${i}`)
  })

  it('503 with Retry-After when no server is there', async () => {
    const response = await fetch(await proxyTo('http://127.0.0.1:1', 'http://127.0.0.1:2'), { method: 'POST', body: 'x' })
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('1')
  })

  it('hands on status, headers and an answer that grows', async () => {
    let more: (() => void) | undefined
    const url = await proxyTo(
      await serve((_, response) => {
        response.writeHead(418, { 'x-kept': 'yes' })
        response.flushHeaders()
        response.write('first')
        more = () => response.end('second')
      }),
    )
    const response = await fetch(url)
    expect([response.status, response.headers.get('x-kept')]).toEqual([418, 'yes'])
    const said: string[] = []
    for await (const chunk of response.body ?? []) {
      said.push(Buffer.from(chunk).toString())
      more?.()
    }
    expect(said).toEqual(['first', 'second'])
  })

  it('breaks off for the server when the caller goes away', async () => {
    let gone: Promise<unknown> | undefined
    const server = new EventEmitter()
    const url = await proxyTo(
      await serve((_, response) => {
        gone = once(response, 'close')
        server.emit('asked')
      }),
    )
    const caller = new AbortController()
    const asked = once(server, 'asked')
    const answer = fetch(url, { signal: caller.signal })
    await asked
    caller.abort()
    await expect(answer).rejects.toThrow('aborted')
    await gone
  })

  it('breaks off for the caller when the server dies in the middle of its answer', async () => {
    const url = await proxyTo(
      await serve((_, response) => {
        response.write('half')
        setImmediate(() => response.destroy())
      }),
    )
    const response = await fetch(url)
    await expect(response.text()).rejects.toThrow('terminated')
  })
})
