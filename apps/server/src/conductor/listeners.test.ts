import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ServerInTest, serverInTest } from '../testing/server-in-test.js'
import { until } from '../testing/until.js'

let server: ServerInTest
let hook: Server
const heard: { readonly eventType: string; readonly workflowId: string }[] = []
let failures = 1

beforeAll(async () => {
  hook = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      heard.push(JSON.parse(Buffer.concat(chunks).toString()))
      response.writeHead(failures-- > 0 ? 503 : 200).end()
    })
  })
  await new Promise<void>(resolve => hook.listen(0, '127.0.0.1', resolve))
  const address = `127.0.0.1:${(hook.address() as AddressInfo).port}`
  server = await serverInTest({ outbound: { allow: [address] }, workflowListeners: { queues: true, webhook: `http://${address}/hook` } })
})

afterAll(async () => {
  await server.stop()
  hook.close()
})

describe('listeners of workflows', () => {
  it('hear of each change by the webhook, and handlers of the queues of its end', async () => {
    const set = { name: 'v', taskReferenceName: 'v', type: 'SET_VARIABLE', inputParameters: { v: 1 } }
    const heardOf = { event: 'conductor:_callbackSuccessQueue', name: 'heard', active: true }
    const start_workflow = { name: 'afterwards', correlationId: '${workflowId}' }
    await server.call('PUT', '/api/metadata/workflow', [
      { name: 'told', version: 1, schemaVersion: 2, tasks: [set], workflowStatusListenerEnabled: true },
      { name: 'afterwards', version: 1, schemaVersion: 2, tasks: [set] },
    ])
    await server.call('POST', '/api/event', { ...heardOf, actions: [{ action: 'start_workflow', start_workflow }] })
    const { text: id } = await server.call('POST', '/api/workflow/told', {})
    const after = await until(
      async () => (await server.call('GET', `/api/workflow/afterwards/correlated/${id}?includeClosed=true`)).json,
      list => list.length > 0,
    )
    expect(after).toHaveLength(1)
    // One of them was answered 503, and waits to be sent again.
    await until(
      async () => heard.length,
      count => count >= 3,
    )
    expect(heard.map(one => one.eventType).toSorted()).toEqual(['COMPLETED', 'FINALIZED', 'STARTED'])
    expect(new Set(heard.map(one => one.workflowId))).toEqual(new Set([id]))
    expect((await server.call('GET', '/api/workflow/running/told')).json).toEqual([])
  })
})
