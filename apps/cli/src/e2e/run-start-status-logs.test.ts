import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Bench, type Program } from './program.js'

const flows = `tasks:
  hello:
    input:
      name: { type: string, default: World }
    flow:
      say:
        type: script
        input: { name: "{{ input.name }}" }
        script: |
          echo "Hello, {{ input.name }}!"
          echo 'OUTPUT: {"said": "{{ input.name }}"}'
  broken:
    flow:
      fall: { type: script, script: "echo before; exit 3" }
`
const sum = {
  name: 'sum',
  version: 1,
  schemaVersion: 2,
  ownerEmail: 'a@example.com',
  timeoutSeconds: 0,
  tasks: [{ name: 'keep', taskReferenceName: 'keep', type: 'SET_VARIABLE', inputParameters: { sum: '${workflow.input.a}' } }],
  outputParameters: { sum: '${workflow.variables.sum}' },
}

const bench = new Bench()
let server: { readonly url: string; readonly data: string }
let worker: Program

beforeAll(async () => {
  const [folder, token] = [bench.folder(), 'a-token-for-a-test-of-the-command-line']
  mkdirSync(join(folder, 'flows'))
  writeFileSync(join(folder, 'flows', 'flows.yaml'), flows)
  writeFileSync(join(folder, 'server.yaml'), `workerToken: ${token}\n`)
  server = await bench.server(['--config', join(folder, 'server.yaml'), '--workspace', `default=${join(folder, 'flows')}`])
  const config = {
    server_url: server.url,
    worker_token: token,
    worker_name: 'w',
    max_concurrent: 2,
    poll_interval_secs: 1,
    workspace_cache_dir: join(folder, 'cache'),
  }
  writeFileSync(join(folder, 'worker.yaml'), JSON.stringify(config))
  worker = bench.start(['worker', '--config', join(folder, 'worker.yaml')])
  await worker.line(/worker registered/)
  await fetch(`${server.url}/api/metadata/workflow`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify([sum]) })
})
afterAll(() => bench.clear())

const busbar = (...args: string[]) => bench.run([...args, '--server', server.url])
const json = async (...args: string[]) => {
  const { stdout, code, stderr } = await busbar(...args, '--json')
  return { code, stderr, value: JSON.parse(stdout) as unknown }
}

describe('busbar run', () => {
  it('shows a flow as it runs, and ends with 0', async () => {
    const { code, stdout, stderr } = await busbar('run', 'hello', '--input', '{"name":"Ada"}')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/say +│ Hello, Ada!/)
    expect(stdout).toContain('{"said":"Ada"}')
    expect(stdout).toContain('completed default/hello')
  })

  it('ends with 1 when the flow fails', async () => {
    const { code, stdout } = await busbar('run', 'broken')
    expect(code).toBe(1)
    expect(stdout).toMatch(/fall +│ before/)
    expect(stdout).toContain('failed default/broken')
  })

  it('with --json prints the ended job and nothing else', async () => {
    expect(await json('run', 'hello')).toMatchObject({
      code: 0,
      stderr: '',
      value: { status: 'completed', steps: [{ step_name: 'say', output: { said: 'World' } }] },
    })
  })

  it('reads its input from standard input', async () => {
    const { stdout } = await bench.run(['run', 'hello', '--input', '-', '--json', '--server', server.url], { input: '{"name":"Bo"}' })
    expect(JSON.parse(stdout)).toMatchObject({ input: { name: 'Bo' } })
  })

  it('refuses an unknown flow, input that is no JSON and input that is no object, each in one sentence', async () => {
    expect(await busbar('run', 'nothing')).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^The server answered 404: [^\n]+\n$/) })
    expect(await busbar('run', 'hello', '--input', '{oops')).toMatchObject({ code: 2, stderr: expect.stringMatching(/^--input is not valid JSON[^\n]+\n$/) })
    expect(await busbar('run', 'hello', '--input', '[1]')).toMatchObject({ code: 2, stderr: expect.stringMatching(/^--input must be a JSON object[^\n]+\n$/) })
    expect(await busbar('run', 'hello', '--input', '@/no/such')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^--input: the file \/no\/such cannot be read[^\n]+\n$/),
    })
  })
})

describe('busbar start', () => {
  it('prints the id of the workflow; status knows it', async () => {
    const { code, stdout } = await busbar('start', 'sum', '--input', '{"a":3}')
    expect(code).toBe(0)
    const status = await busbar('status', stdout.trim())
    expect(status.code).toBe(0)
    expect(status.stdout).toContain('✓ completed sum')
    expect(status.stdout).toContain('output {"sum":3}')
  })

  it('with --follow shows its tasks; with --json the whole workflow', async () => {
    expect(await busbar('start', 'sum', '--input', '{"a":4}', '--follow')).toMatchObject({ code: 0, stdout: expect.stringContaining('✓ completed sum') })
    expect(await json('start', 'sum', '--input', '{"a":5}', '--follow')).toMatchObject({ code: 0, value: { status: 'COMPLETED', output: { sum: 5 } } })
    expect(await json('start', 'sum')).toMatchObject({ code: 0, value: { workflowId: expect.stringMatching(/^[0-9a-f-]{36}$/) } })
  })

  it('refuses an unknown workflow and a version that is no number, each in one sentence', async () => {
    expect(await busbar('start', 'nothing')).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^The server answered 404: [^\n]+\n$/) })
    expect(await busbar('start', 'sum', '--workflow-version', 'x')).toMatchObject({
      code: 2,
      stderr: "--workflow-version must be a whole number, found 'x'.\n",
    })
  })
})

describe('busbar status', () => {
  it('without an id shows the server', async () => {
    const { code, stdout } = await busbar('status')
    expect(code).toBe(0)
    expect(stdout).toContain('healthy')
    expect(await json('status')).toMatchObject({ value: { health: { healthy: true }, jobs: { items: expect.any(Array) } } })
  })

  it('shows a job as JSON', async () => {
    const { stdout } = await busbar('run', 'hello', '--detach')
    expect(await json('status', stdout.trim())).toMatchObject({ code: 0, value: { job_id: stdout.trim() } })
  })

  it('refuses an id that nobody knows', async () => {
    expect(await busbar('status', '00000000-0000-7000-8000-000000000000')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/knows no workflow and no job[^\n]+\n$/),
    })
  })
})

describe('busbar logs', () => {
  it('prints the log of a job; with --follow until it ends', async () => {
    const id = (await busbar('run', 'hello', '--detach')).stdout.trim()
    const followed = await busbar('logs', id, '--follow')
    expect(followed).toMatchObject({ code: 0, stdout: expect.stringMatching(/say +│ Hello, World!/) })
    expect(await busbar('logs', id, '--step', 'say')).toMatchObject({ code: 0, stdout: followed.stdout })
    const { stdout } = await busbar('logs', id, '--json')
    expect(
      stdout
        .trim()
        .split('\n')
        .map(line => JSON.parse(line) as unknown),
    ).toContainEqual(expect.objectContaining({ step: 'say', line: 'Hello, World!' }))
  })

  it('refuses to follow a workflow', async () => {
    const id = (await busbar('start', 'sum')).stdout.trim()
    expect(await busbar('logs', id, '--follow')).toMatchObject({ code: 2, stderr: expect.stringMatching(/^[^\n]+\n$/) })
  })
})

it('each command says in one sentence that no server answers', async () => {
  const nobody = ['--server', 'http://127.0.0.1:1']
  for (const args of [['run', 'hello'], ['start', 'sum'], ['status'], ['logs', 'x']]) {
    const { code, stdout, stderr } = await bench.run([...args, ...nobody])
    expect({ args, code, stdout }).toEqual({ args, code: 1, stdout: '' })
    expect(stderr).toMatch(/^No server answers at http:\/\/127\.0\.0\.1:1: [^\n]+\n$/)
  }
})
