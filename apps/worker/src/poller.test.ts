import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { WorkerClient } from './client.js'
import { readConfig } from './config.js'
import { Poller } from './poller.js'

let server: Server
afterEach(() => server.close())

type Claim = { readonly worker: string; readonly turn: number }

/** A server that names its workers w1, w2, …; `onClaim` answers a claim, or null to hang up on it. */
async function serverThat(onClaim: (claim: Claim) => object | null): Promise<string> {
  const turns = { registered: 0, claimed: 0 }
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const answer = (body: object) => response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
    if (request.url === '/worker/register') return answer({ worker_id: `w${++turns.registered}` })
    if (request.url !== '/worker/jobs/claim') return answer({})
    const reply = onClaim({ worker: (JSON.parse(text) as { worker_id: string }).worker_id, turn: ++turns.claimed })
    if (reply === null) request.socket.destroy()
    else answer(reply)
  }
  server = createServer((request, response) => void serve(request, response))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function pollerFor(url: string, execute: (workerId: string) => void): Poller {
  const raw = { server_url: url, worker_token: 't'.repeat(32), worker_name: 'w', max_concurrent: 1, poll_interval_secs: 1, workspace_cache_dir: '/tmp' }
  const { config } = readConfig(raw, 'test')
  const quick = { ...config, pollIntervalMs: 1 }
  const log = { info: () => undefined, warn: () => undefined }
  return new Poller({ config: quick, client: new WorkerClient(quick), log, version: 'test', execute: async workerId => execute(workerId) })
}

const step = { job_id: 'j', step_name: 's', workspace: 'w', task_name: 't', action_type: 'script', action_spec: {} }

it('a claim without an answer may have been heard: the worker goes on under a new name, so that the step can be found lost', async () => {
  const claims: Claim[] = []
  const url = await serverThat(claim => {
    claims.push(claim)
    return claim.turn === 1 ? null : step
  })
  let tell: (workerId: string) => void = () => undefined
  const ran = new Promise<string>(resolve => {
    tell = resolve
  })
  const poller = pollerFor(url, workerId => tell(workerId))
  await poller.start()
  expect(await ran).toBe('w2')
  await poller.stop()
  expect(claims.slice(0, 2)).toEqual([
    { worker: 'w1', turn: 1 },
    { worker: 'w2', turn: 2 },
  ])
})
