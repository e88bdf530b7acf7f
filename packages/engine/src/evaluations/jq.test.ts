import { afterAll, describe, expect, it } from 'vitest'
import { instant, type Json } from '@busbar/kernel'
import { defaultLimits } from '../limits.js'
import { silentLog } from '../testing/silent-log.js'
import { SandboxPool } from './sandbox-pool.js'

const now = instant(Date.UTC(2026, 0, 2, 3, 4, 5))
const pool = new SandboxPool(defaultLimits, silentLog)
const hasty = new SandboxPool({ ...defaultLimits, evaluationMsMax: 300 }, silentLog)

afterAll(async () => {
  await pool.stop()
  await hasty.stop()
})

async function run(code: string, input: Json = null, on = pool) {
  const [answer] = await on.evaluate([{ language: 'jq', code, input }], { now, chance: 0.5 })
  if (!answer) throw new Error('no answer')
  return answer
}

const results = (...value: Json[]) => ({ ok: true, value })

describe('a jq program', () => {
  it('gives the list of its results', async () => {
    expect(await run('.list | map(.v) | add', { list: [{ v: 1 }, { v: 41 }] })).toEqual(results(42))
    expect(await run('.[]', [1, 1.5, 'a\nb', null, { a: [] }])).toEqual(results(1, 1.5, 'a\nb', null, { a: [] }))
    expect(await run('empty')).toEqual(results())
  })

  it('knows `leaf_paths`', async () => {
    expect(await run('[leaf_paths]', { a: { b: 1 } })).toEqual(results([['a', 'b']]))
  })

  it('sees the time of the decision and an environment that is made up', async () => {
    expect(await run('now')).toEqual(results(now / 1000))
    expect(await run('$ENV.USER')).toEqual(results('web_user'))
    expect(await run('import "passwd" as $p {search: "/etc"}; $p')).toMatchObject({ ok: false, why: 'error' })
  })

  it('tells what went wrong', async () => {
    expect(await run('.a | keys', { a: 5 })).toEqual({ ok: false, why: 'error', message: 'number (5) has no keys', line: null })
    expect(await run('1 |\n nosuch')).toMatchObject({ message: 'nosuch/0 is not defined (line 2, column 2)' })
    expect(await run('leaf_paths | nosuch')).toMatchObject({ message: 'nosuch/0 is not defined (line 1, column 14)' })
    expect(await run('error({a: 1})')).toMatchObject({ message: '{"a":1}' })
    expect(await run('1e1000')).toMatchObject({ ok: false, why: 'error', message: 'a number of the result is too large' })
  })

  it('is bounded in code, result, memory and depth, and leaves the next one unharmed', async () => {
    expect(await run(`1 #${'x'.repeat(70_000)}`)).toMatchObject({ ok: false, why: 'limit' })
    expect(await run('"x" * 2000000')).toMatchObject({ ok: false, why: 'limit' })
    expect(await run('"a" * 1e9 | length')).toMatchObject({ ok: false, why: 'limit' })
    expect(await run('def f: 1 + f; f')).toMatchObject({ ok: false, why: 'limit' })
    expect(await run('. + 1', 1)).toEqual(results(2))
  })

  it('is killed when it does not end, also when it prints without end', async () => {
    expect(await run('last(range(1e12))', null, hasty)).toMatchObject({ ok: false, why: 'timeout' })
    expect(await run('repeat(1)', null, hasty)).toMatchObject({ ok: false })
    expect(await run('. + 1', 1, hasty)).toEqual(results(2))
  })
})
