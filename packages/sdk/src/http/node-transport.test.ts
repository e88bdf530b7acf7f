import { afterEach, expect, test } from 'vitest'
import { type Scripted, type ScriptedServer, scriptedServer } from '../fixtures/scripted-server.js'
import { nodeTransport } from './node-transport.js'
import type { HttpRequest, Transport } from './transport.js'
import { TransportError } from './transport-error.js'

let server: ScriptedServer
let transport: Transport

async function talk(script: (path: string) => Scripted, options = {}): Promise<void> {
  server = await scriptedServer(({ path }) => script(path))
  transport = nodeTransport(options)
}

function request(changes: Partial<HttpRequest> = {}): HttpRequest {
  return { method: 'GET', origin: server.url, path: '/', headers: {}, body: undefined, timeoutMs: 5_000, signal: undefined, repeatable: true, ...changes }
}

async function faultOf(sending: Promise<unknown>): Promise<unknown> {
  const error = await sending.catch((thrown: unknown) => thrown)
  return error instanceof TransportError ? error.fault : error
}

afterEach(async () => {
  transport.close()
  await server.close()
})

test('sends method, path, query, headers and body, and brings back status, headers and text', async () => {
  await talk(() => ({ status: 201, headers: { 'x-answer': 'yes' }, body: 'grüße' }))
  const response = await transport.send(request({ method: 'POST', path: '/a/b?c=d', headers: { 'x-question': 'what' }, body: 'ähem' }))
  expect(response).toMatchObject({ status: 201, text: 'grüße', headers: { 'x-answer': 'yes' } })
  const [received] = server.received
  expect(received).toMatchObject({ method: 'POST', path: '/a/b', text: 'ähem', headers: { 'x-question': 'what', 'content-length': '5' } })
  expect(received?.query.get('c')).toBe('d')
})

test('keeps the connection for the next request', async () => {
  await talk(() => ({ body: 'ok' }))
  for (let i = 0; i < 3; i++) await transport.send(request())
  expect(server.received.map(({ connection }) => connection)).toEqual([1, 1, 1])
})

test('opens a new connection when the server has closed the kept one', async () => {
  await talk(() => ({ body: 'ok' }))
  await transport.send(request())
  server.dropIdle()
  expect((await transport.send(request())).text).toBe('ok')
  expect(server.received.map(({ connection }) => connection)).toEqual([1, 2])
})

test('gives up after the time-out', async () => {
  await talk(() => 'silence')
  const sending = transport.send(request({ timeoutMs: 20, path: '/slow?token=secret' }))
  await expect(sending).rejects.toThrow(`GET ${server.url}/slow got no answer: nothing came within 20 ms`)
  expect(await faultOf(sending)).toBe('timeout')
})

test('is aborted by its signal, with the reason of the signal', async () => {
  await talk(() => 'silence')
  const abort = new AbortController()
  const sending = transport.send(request({ signal: abort.signal }))
  await server.seen(() => true)
  abort.abort(new Error('changed my mind'))
  await expect(sending).rejects.toThrow('changed my mind')
})

test('sends nothing when the signal was aborted before', async () => {
  await talk(() => ({}))
  await expect(transport.send(request({ signal: AbortSignal.abort(new Error('too late')) }))).rejects.toThrow('too late')
  expect(server.received).toEqual([])
})

test('refuses an answer above its bound', async () => {
  await talk(() => ({ body: 'x'.repeat(2_000) }), { responseBytesMax: 1_000 })
  const sending = transport.send(request())
  await expect(sending).rejects.toThrow('longer than 1000 bytes')
  expect(await faultOf(sending)).toBe('tooLarge')
})

test('tells a connection that broke, before and inside the answer', async () => {
  await talk(path => (path === '/inside' ? 'cutInside' : 'cut'))
  expect(await faultOf(transport.send(request()))).toBe('broken')
  expect(await faultOf(transport.send(request({ path: '/inside' })))).toBe('broken')
})

test('tells a server that is not there', async () => {
  await talk(() => ({}))
  await server.close()
  expect(await faultOf(transport.send(request()))).toBe('unreachable')
})

test('says what is wrong with a URL that is none', async () => {
  await talk(() => ({}))
  await expect(transport.send(request({ origin: 'localhost:8080' }))).rejects.toThrow('must begin with http:// or https://')
})
