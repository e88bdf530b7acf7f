import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { Bench } from './program.js'

const bench = new Bench()
afterEach(() => bench.clear())

const oneSentence = /^[^\n]+\n$/

describe('busbar server', () => {
  it('with port 0 takes a free port, says where it listens in one line, and ends with 0 at SIGTERM', async () => {
    const { url, program } = await bench.server()
    expect(await (await fetch(`${url}/health`)).json()).toMatchObject({ healthy: true })
    expect(await program.stop('SIGTERM')).toEqual({ code: 0, signal: null, stdout: `Busbar listening on ${url}\n`, stderr: '' })
  })

  it('answers held polls before it stops', async () => {
    const { url, program } = await bench.server()
    const held = fetch(`${url}/api/tasks/poll/batch/nothing?timeout=5000`)
    // The queue is known from the moment at which the poll is held.
    for (let known = false; !known; ) known = ((await (await fetch(`${url}/api/tasks/queue/polldata?taskType=nothing`)).json()) as unknown[]).length > 0
    const ended = program.stop('SIGTERM')
    expect(await (await held).json()).toEqual([])
    expect((await ended).code).toBe(0)
  })

  it('keeps what it was told over a restart', async () => {
    const first = await bench.server()
    const definition = {
      name: 'kept',
      version: 1,
      schemaVersion: 2,
      ownerEmail: 'a@example.com',
      timeoutSeconds: 0,
      tasks: [{ name: 't', taskReferenceName: 't', type: 'WAIT', inputParameters: {} }],
    }
    const headers = { 'content-type': 'application/json' }
    await fetch(`${first.url}/api/metadata/workflow`, { method: 'PUT', headers, body: JSON.stringify([definition]) })
    const id = await (await fetch(`${first.url}/api/workflow/kept`, { method: 'POST', headers, body: '{"a":1}' })).text()
    await first.program.stop()
    const second = await bench.server([], first.data)
    expect(await (await fetch(`${second.url}/api/workflow/${id}`)).json()).toMatchObject({ workflowId: id, status: 'RUNNING', input: { a: 1 } })
  })

  it('a second one on the same data folder is refused in one sentence', async () => {
    const { data, url } = await bench.server()
    const second = await bench.run(['server', '--port', '0', '--data', data])
    expect(second).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(oneSentence) })
    expect(second.stderr).toMatch(/in use|another/)
    expect((await fetch(`${url}/health`)).status).toBe(200)
  })

  it('a busy port is refused in one sentence that names it', async () => {
    const { url } = await bench.server()
    const { port } = new URL(url)
    const second = await bench.run(['server', '--port', port, '--data', bench.folder()])
    expect(second).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(oneSentence) })
    expect(second.stderr).toContain(`port ${port}`)
  })

  it('a data folder that cannot be used is refused in one sentence that names it', async () => {
    const file = join(bench.folder(), 'a-file')
    writeFileSync(file, '')
    for (const data of [file, join(file, 'below')]) {
      const { code, stdout, stderr } = await bench.run(['server', '--port', '0', '--data', data])
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr).toMatch(oneSentence)
      expect(stderr).toContain(data)
    }
  })

  it('refuses flags that make no sense, each in one sentence', async () => {
    expect(await bench.run(['server', '--port', 'many'])).toMatchObject({ code: 2, stderr: "--port must be a whole number from 0 to 65535, found 'many'.\n" })
    expect(await bench.run(['server', '--workspace', 'x'])).toMatchObject({ code: 2, stderr: "--workspace must be name=folder, found 'x'.\n" })
    expect(await bench.run(['server', '--config', '/no/such.yaml'])).toMatchObject({ code: 2, stderr: expect.stringMatching(oneSentence) })
  })
})
