import { afterEach, expect, test } from 'vitest'
import { type Scripted, type ScriptedServer, scriptedServer } from '../fixtures/scripted-server.js'
import { fetchTransport } from './fetch-transport.js'
import type { HttpRequest } from './transport.js'

let server: ScriptedServer

async function send(answer: Scripted, changes: Partial<HttpRequest> = {}, responseBytesMax = 1_000) {
  server = await scriptedServer(() => answer)
  const request = { method: 'PUT', origin: server.url, path: '/x?y=z', headers: {}, body: '{}', timeoutMs: 5_000, signal: undefined, repeatable: true }
  return fetchTransport({ responseBytesMax }).send({ ...request, ...changes })
}

afterEach(() => server.close())

test('does the same as the transport of Node', async () => {
  expect(await send({ status: 404, headers: { 'x-a': 'b' }, body: 'none' })).toMatchObject({ status: 404, headers: { 'x-a': 'b' }, text: 'none' })
  expect(server.received[0]).toMatchObject({ method: 'PUT', path: '/x', text: '{}' })
})

test('gives up after the time-out', async () => {
  await expect(send('silence', { timeoutMs: 20 })).rejects.toMatchObject({ fault: 'timeout' })
})

test('is aborted by its signal, with the reason of the signal', async () => {
  await expect(send('silence', { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
})

test('refuses an answer above its bound', async () => {
  await expect(send({ body: 'x'.repeat(2_000) })).rejects.toMatchObject({ fault: 'tooLarge' })
})

test('tells a broken connection', async () => {
  await expect(send('cut')).rejects.toMatchObject({ fault: 'broken' })
})
