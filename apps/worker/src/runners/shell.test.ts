import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ClaimedStep } from '../client.js'
import { shellRunner } from './shell.js'

const workspace = () => mkdtempSync(join(tmpdir(), 'busbar-shell-'))

function step(actionSpec: Record<string, unknown>, actionType = 'script'): ClaimedStep {
  return {
    jobId: 'j',
    workspace: 'w',
    taskName: 't',
    stepName: 's',
    actionName: 'a',
    actionType,
    runner: 'local',
    actionSpec,
    input: null,
    timeoutSecs: null,
    revision: 'r',
    lease: null,
  }
}

async function run(
  spec: Record<string, unknown>,
  options: { dir?: string; type?: string; end?: AbortController; onLine?: (line: string) => void; graceMs?: number } = {},
) {
  const lines: string[] = []
  const result = await shellRunner(process.env, []).run({
    step: step(spec, options.type),
    workspaceDir: options.dir ?? workspace(),
    environment: { STROEM_STEP_NAME: 's' },
    onLine: (stream, line) => {
      lines.push(`${stream}: ${line}`)
      options.onLine?.(line)
    },
    room: () => null,
    signal: (options.end ?? new AbortController()).signal,
    killGraceMs: options.graceMs ?? 200,
  })
  return { ...result, lines }
}

function isAlive(pid: number): boolean {
  try {
    // A zombie waiting for its parent counts as gone.
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

describe('a shell step', () => {
  it('streams both outputs and gives its exit code', async () => {
    expect(await run({ script: 'echo out; echo err >&2; exit 7' })).toMatchObject({
      exitCode: 7,
      lines: expect.arrayContaining(['stdout: out', 'stderr: err']),
    })
  })

  it('gets its arguments and variables, and the names of the platform win over its own', async () => {
    const { lines } = await run({ script: 'echo "$1 $MINE $STROEM_STEP_NAME"', args: ['one'], env: { MINE: 'two', STROEM_STEP_NAME: 'forged' } })
    expect(lines).toEqual(['stdout: one two s'])
  })

  it("sees nothing of the worker's environment but a short list", async () => {
    process.env['BUSBAR_TEST_SECRET'] = 'hidden'
    const { lines } = await run({ script: 'echo "[$BUSBAR_TEST_SECRET]"; test -n "$PATH" && echo path' })
    expect(lines).toEqual(['stdout: []', 'stdout: path'])
  })

  it('understands the action of the first servers: type shell with cmd', async () => {
    expect((await run({ cmd: 'echo old' }, { type: 'shell' })).lines).toEqual(['stdout: old'])
  })

  it('runs a file of the workspace, and none outside of it', async () => {
    const dir = workspace()
    writeFileSync(join(dir, 'hello.sh'), '#!/bin/sh\necho "from a file $1"\n', { mode: 0o755 })
    expect((await run({ source: 'hello.sh', args: ['x'] }, { dir })).lines).toEqual(['stdout: from a file x'])
    await expect(run({ source: '../../bin/true' }, { dir })).rejects.toThrow('outside of the workspace')
  })

  it('runs other languages by their interpreter and leaves no script behind', async () => {
    const dir = workspace()
    expect((await run({ script: 'console.log(6 * 7)', language: 'javascript' }, { dir })).lines).toEqual(['stdout: 42'])
    expect(existsSync(join(dir, '_stroem_script_'))).toBe(false)
  })

  it('keeps reading when bytes are no UTF-8', async () => {
    const { lines, exitCode } = await run({ script: "printf 'a\\377b\\n'; echo after" })
    expect(exitCode).toBe(0)
    expect(lines.at(-1)).toBe('stdout: after')
  })

  it('without a script, with an unknown language or with an unresolved secret is refused with the reason', async () => {
    await expect(run({})).rejects.toThrow("must contain 'script' or 'source'")
    await expect(run({ script: 'x', language: 'cobol' })).rejects.toThrow("unknown language 'cobol'")
    await expect(run({ script: 'x', env: { KEY: 'ref+vault://x' } })).rejects.toThrow('secret reference')
  })
})

describe('the end of a step', () => {
  it('reaches children, and strays that left the process group', async () => {
    const end = new AbortController()
    const pids: number[] = []
    const running = run(
      { script: 'trap "" TERM; sleep 60 & echo "$!"; setsid sleep 60 & sleep 0.05; pgrep -n -f "sleep 60" || echo 0; echo ready; wait; sleep 60' },
      {
        end,
        onLine: line => {
          if (/^\d+$/.test(line) && line !== '0') pids.push(Number(line))
          if (line === 'ready') end.abort({ why: 'cancelled' })
        },
      },
    )
    expect((await running).exitCode).toBe(-1)
    expect(pids.length).toBeGreaterThan(0)
    expect(pids.filter(isAlive)).toEqual([])
  })

  it('gives a step that listens to TERM the time to tidy up', async () => {
    const end = new AbortController()
    const { lines } = await run(
      { script: 'trap "echo tidied; exit 3" TERM; echo ready; while :; do sleep 0.02; done' },
      { end, graceMs: 10_000, onLine: line => line === 'ready' && end.abort({ why: 'timeout' }) },
    )
    expect(lines).toContain('stdout: tidied')
  })
})
