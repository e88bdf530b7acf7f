import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { WorkerClient } from './client.js'
import { readConfig } from './config.js'

type Handler = (path: string, body: Record<string, unknown>) => { status: number; body?: unknown }

let server: Server | undefined
let client: WorkerClient | undefined

afterEach(async () => {
  await client?.close()
  await new Promise(resolve => (server ? server.close(resolve) : resolve(undefined)))
})

/** A server of one of the protocol's generations: only what it accepts and refuses matters here. */
async function against(handler: Handler): Promise<{ client: WorkerClient; seen: { path: string; body: Record<string, unknown> }[] }> {
  const seen: { path: string; body: Record<string, unknown> }[] = []
  server = createServer((request, response) => void answer(request, response))
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString()
    const body = text ? (JSON.parse(text) as Record<string, unknown>) : {}
    seen.push({ path: request.url ?? '', body })
    const { status, body: out } = handler(request.url ?? '', body)
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(out === undefined ? '' : JSON.stringify(out))
  }
  await new Promise<void>(resolve => server?.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const { config } = readConfig(
    {
      server_url: `http://127.0.0.1:${port}`,
      worker_token: 'x'.repeat(32),
      worker_name: 'w',
      max_concurrent: 2,
      poll_interval_secs: 1,
      workspace_cache_dir: 'c',
      tags: ['blue'],
    },
    'test',
  )
  client = new WorkerClient(config)
  return { client, seen }
}

const signal = new AbortController().signal
const nothing = {
  workspace: null,
  job_id: null,
  task_name: null,
  step_name: null,
  action_name: null,
  action_type: null,
  action_image: null,
  action_spec: null,
  input: null,
  runner: null,
}

describe('registration', () => {
  it('names abilities and tags to a new server', async () => {
    const { client, seen } = await against(() => ({ status: 200, body: { worker_id: 'id-1' } }))
    expect(await client.register('1.0', signal)).toBe('id-1')
    expect(seen[0]?.body).toEqual({ name: 'w', capabilities: ['script'], tags: ['blue'], exclusive: false, version: '1.0' })
  })

  it.each([400, 422])('falls back to the old ability when the server answers %i, and claims in the same words', async status => {
    const { client, seen } = await against((path, body) => {
      if (path.endsWith('claim')) return { status: 200, body: nothing }
      return JSON.stringify(body['capabilities']) === '["shell"]'
        ? { status: 200, body: { worker_id: 'old' } }
        : { status, body: { error: 'unknown capability' } }
    })
    expect(await client.register('1.0', signal)).toBe('old')
    expect(await client.claim('old', signal)).toBeNull()
    expect(seen.at(-1)?.body).toMatchObject({ worker_id: 'old', capabilities: ['shell'] })
  })
})

describe('no work', () => {
  it.each([
    [204, undefined],
    [200, nothing],
  ])('is understood as status %i', async (status, body) => {
    const { client } = await against(() => ({ status, body }))
    expect(await client.claim('w', signal)).toBeNull()
  })
})

describe('a claim', () => {
  it('of the first servers, with few keys, is read', async () => {
    const { client } = await against(() => ({
      status: 200,
      body: { job_id: 'j', step_name: 's[0]', action_name: 'a', action_type: 'shell', action_image: null, action_spec: { cmd: 'true' }, input: null },
    }))
    expect(await client.claim('w', signal)).toMatchObject({ jobId: 'j', stepName: 's[0]', actionType: 'shell', revision: null, timeoutSecs: null })
  })
})

describe('a report', () => {
  it('shows the lease that came with the claim, if one did', async () => {
    const claim = { job_id: 'j', step_name: 's', action_type: 'script', action_spec: {} }
    for (const [given, shown] of [
      [{ ...claim, lease: 'l-1' }, { lease: 'l-1' }],
      [claim, {}],
    ]) {
      const { client, seen } = await against(path => ({ status: 200, body: path.endsWith('claim') ? given : { status: 'ok' } }))
      const step = await client.claim('w', signal)
      if (step === null) return expect.unreachable('no step')
      await client.begin(step, 'w')
      await client.complete(step, { exit_code: 0, output: null, error: null }, () => undefined)
      expect(seen.slice(1).map(({ body }) => body)).toEqual([
        { worker_id: 'w', ...shown },
        { exit_code: 0, output: null, error: null, ...shown },
      ])
    }
  })

  it('is sent again until the server has it, with the name of the step encoded', async () => {
    let turn = 0
    const { client, seen } = await against(() => ({ status: turn++ < 2 ? 503 : 200, body: { status: 'ok' } }))
    const step = {
      jobId: 'j',
      stepName: 's[0]',
      workspace: '',
      taskName: '',
      actionName: '',
      actionType: '',
      runner: '',
      actionSpec: {},
      input: null,
      timeoutSecs: null,
      revision: null,
      lease: null,
    }
    await client.complete(step, { exit_code: 0, output: null, error: null }, () => undefined)
    expect(seen.map(({ path }) => path)).toEqual(Array(3).fill('/worker/jobs/j/steps/s%5B0%5D/complete'))
  })
})
