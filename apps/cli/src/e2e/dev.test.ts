import { afterEach, describe, expect, it } from 'vitest'
import { Bench } from './program.js'

const bench = new Bench()
afterEach(() => bench.clear())

describe('busbar dev', () => {
  it('with --once shows both samples with their steps, logs and results, and ends with 0', async () => {
    const data = bench.folder()
    const { code, stdout, stderr } = await bench.run(['dev', '--once', '--port', '0', '--data', data])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/Busbar \S+ is serving at http:\/\/127\.0\.0\.1:\d+/)
    expect(stdout).toContain('✓ completed greeting in')
    expect(stdout).toContain('✓ completed examples/hello in')
    expect(stdout).toMatch(/greet\[0\] .*│ Hello, Ada!/)

    const second = await bench.run(['dev', '--once', '--port', '0', '--data', data])
    expect(second.code).toBe(0)
    expect(second.stdout).toContain('still here from earlier starts: 1 job and 1 sample workflow')
  })

  it('goes on serving after the samples, until Ctrl-C, and then ends with 0', async () => {
    const program = bench.start(['dev', '--port', '0', '--data', bench.folder()])
    const [, url = ''] = await program.line(/is serving at (http:\S+)/)
    await program.line(/Ctrl-C/)
    expect((await fetch(`${url}/health`)).status).toBe(200)
    const { code, stdout, stderr } = await program.stop('SIGINT')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('Stopping')
    await expect(fetch(`${url}/health`)).rejects.toThrow('fetch failed')
  })

  it('Ctrl-C while the samples run ends it with 0 as well', async () => {
    const program = bench.start(['dev', '--port', '0', '--data', bench.folder()])
    await program.line(/A Conductor workflow/)
    expect((await program.stop('SIGINT')).code).toBe(0)
  })

  it('a busy port gets one sentence', async () => {
    const { url } = await bench.server()
    const { port } = new URL(url)
    expect(await bench.run(['dev', '--once', '--port', port, '--data', bench.folder()])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^[^\n]+\n$/),
    })
  })
})
