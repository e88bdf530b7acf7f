/** What is done outside and what is to be handled survives the death of the server: requests are made again, events act once. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Bench } from './program.js'

const bench = new Bench()
let asked = 0
let isSlow = true
let outside: Server
beforeAll(async () => {
  outside = createServer((_, response) => {
    asked += 1
    if (!isSlow) response.end('{"done":true}')
  })
  await new Promise<void>(resolve => outside.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  await bench.clear()
  outside.closeAllConnections()
  outside.close()
})

async function call(url: string, method: string, path: string, body?: unknown) {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url + path, body === undefined ? { method } : { method, headers, body: JSON.stringify(body) })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
  return text
}

async function until(look: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 20_000; !(await look()); ) {
    if (Date.now() > end) throw new Error(`not seen in time: ${look.toString()}`)
    await new Promise(resolve => setTimeout(resolve, 25))
  }
}

const serve = (data: string) => {
  const program = bench.start(['server', '--port', '0', '--data', data, '--log-level', 'error'], { environment: { BUSBAR_OUTBOUND_ALLOW: '127.0.0.1' } })
  return program.line(/^Busbar listening on (http:\S+)\n/).then(([, url = '']) => ({ url, program }))
}

const task = (ref: string, type: string, more: object = {}) => ({ name: ref, taskReferenceName: ref, type, ...more })
const count = 40

describe('a server that is killed', () => {
  it('makes again what it had asked outside, and loses and doubles no event', async () => {
    const data = bench.folder()
    const first = await serve(data)
    const uri = `http://127.0.0.1:${(outside.address() as AddressInfo).port}/`
    const definition = (name: string, tasks: readonly object[]) => ({ name, version: 1, schemaVersion: 2, tasks })
    await call(first.url, 'PUT', '/api/metadata/workflow', [
      definition('asking', [task('h', 'HTTP', { inputParameters: { uri, method: 'GET', readTimeOut: 60_000 } })]),
      definition('out', [task('e', 'EVENT', { sink: 'conductor', inputParameters: { n: '${workflow.input.n}' } })]),
      definition('in', [task('n', 'NOOP')]),
    ])
    const action = { action: 'start_workflow', start_workflow: { name: 'in', correlationId: 'n-${n}' } }
    // The condition takes its time in the sandbox, so that messages are under way when the server dies.
    const condition = 'let n = 0; while (n < 300000) n++; n > 0'
    await call(first.url, 'POST', '/api/event', { name: 'h', event: 'conductor:out:e', active: true, condition, actions: [action] })
    const asking = await call(first.url, 'POST', '/api/workflow/asking', {})
    await until(async () => asked === 1)
    await Promise.all(Array.from({ length: count }, (_, n) => call(first.url, 'POST', '/api/workflow/out', { n })))
    await first.program.stop('SIGKILL')
    isSlow = false
    const { url } = await serve(data)
    const read = async (path: string) => JSON.parse(await call(url, 'GET', path)) as unknown
    await until(async () => ((await read(`/api/workflow/${asking}`)) as { status: string }).status === 'COMPLETED')
    expect(asked).toBe(2)
    const started = async () =>
      Promise.all(Array.from({ length: count }, (_, n) => read(`/api/workflow/in/correlated/n-${n}?includeClosed=true`) as Promise<unknown[]>))
    await until(async () => (await started()).every(list => list.length > 0))
    expect((await started()).map(list => list.length)).toEqual(Array.from({ length: count }, () => 1))
  })
})
