import { afterAll, describe, expect, it } from 'vitest'
import type { Json } from '@busbar/kernel'
import { instant } from '@busbar/kernel'
import { defaultLimits } from '../limits.js'
import { silentLog } from '../testing/silent-log.js'
import { SandboxPool } from './sandbox-pool.js'

const now = instant(Date.UTC(2026, 0, 2, 3, 4, 5, 6))
const setting = { now, chance: 0.5 }
const pool = new SandboxPool(defaultLimits, silentLog)
/** For what only the watchdog or the interrupt handler ends. */
const hasty = new SandboxPool({ ...defaultLimits, evaluationMsMax: 300 }, silentLog)

afterAll(async () => {
  await pool.stop()
  await hasty.stop()
})

async function run(code: string, input: Json = null, on = pool) {
  const [answer] = await on.evaluate([{ code, input }], setting)
  if (!answer) throw new Error('no answer')
  return answer
}

const value = (json: Json) => ({ ok: true, value: json })

describe('an evaluation', () => {
  it('gives the value of the last expression, as JSON', async () => {
    expect(await run('const a = $.n + 1; a * 2', { n: 20 })).toEqual(value(42))
    expect(await run('(function () { return { list: [1, "b", null], missing: undefined } })()')).toEqual(value({ list: [1, 'b', null], missing: null }))
    expect(await run('[NaN, 1 / 0, -1 / 0]')).toEqual(value(['NaN', 'Infinity', '-Infinity']))
    expect(await run('10 / 4')).toEqual(value(2.5))
    expect(await run('6 / 2')).toEqual(value(3))
  })

  it('gives null where there is no value', async () => {
    expect(await run('undefined')).toEqual(value(null))
    expect(await run('var a = 1')).toEqual(value(null))
    expect(await run('')).toEqual(value(null))
    expect(await run('(() => 1)')).toEqual(value(null))
  })

  it('sees its input as `$` and as `input`, and changes only its copy', async () => {
    const input = { list: [1] }
    expect(await run('const $ = input; $.list.push(2); $', input)).toEqual(value({ list: [1, 2] }))
    expect(input).toEqual({ list: [1] })
  })

  it('knows ECMAScript 2023', async () => {
    expect(await run('[3, 1, 2].toSorted().at(-1) + ($?.a?.b ?? 7) + [1, 2].findLast(n => n < 2)')).toEqual(value(11))
  })

  it('sees the time of the decision', async () => {
    expect(await run('[Date.now(), new Date().getTime(), new Date().toISOString(), new Date(5).getTime(), typeof Date()]')).toEqual(
      value([now, now, '2026-01-02T03:04:05.006Z', 5, 'string']),
    )
    expect(await run('new Date() instanceof Date && new (new Date().constructor)().getTime()')).toEqual(value(now))
  })

  it('draws the same random numbers when the decision is made again', async () => {
    const first = await run('[Math.random(), Math.random()]')
    expect(await run('[Math.random(), Math.random()]')).toEqual(first)
    const [other] = await pool.evaluate([{ code: '[Math.random(), Math.random()]', input: null }], { now, chance: 0.6 })
    expect(other).not.toEqual(first)
  })

  it('tells what went wrong, and in which line', async () => {
    expect(await run('1;\nmissing.x')).toEqual({ ok: false, why: 'error', message: expect.stringMatching(/^ReferenceError: .*missing/), line: 2 })
    expect(await run('let a = 1;\n\nlet let = 2')).toMatchObject({ ok: false, why: 'error', message: expect.stringMatching(/^SyntaxError: /), line: 3 })
    expect(await run('throw "plain"')).toMatchObject({ ok: false, message: 'plain' })
    expect(await run('throw new Error("x".repeat(100000))')).toMatchObject({ message: `Error: ${'x'.repeat(1024)}` })
    expect(await run('const a = {}; a.a = a; a')).toMatchObject({ ok: false, why: 'error' })
    expect(await run('10n')).toMatchObject({ ok: false, why: 'error' })
  })

  it('of one decision are answered in order, in one go', async () => {
    const runs = Array.from({ length: 150 }, (_, index) => ({ code: '$ * 2', input: index }))
    const answers = await pool.evaluate(runs, setting)
    expect(answers).toEqual(runs.map(({ input }) => value(input * 2)))
  })
})

describe('the sandbox', () => {
  it('has nothing of the host', async () => {
    const names = [
      'process',
      'require',
      'module',
      'fetch',
      'setTimeout',
      'setInterval',
      'queueMicrotask',
      'console',
      'WebAssembly',
      'std',
      'os',
      'performance',
      'Buffer',
    ]
    expect(await run(`[${names.map(name => `typeof ${name}`).join(', ')}]`)).toEqual(value(names.map(() => 'undefined')))
    expect(await run('(function () {}).constructor("return typeof process")()')).toEqual(value('undefined'))
    expect(await run('import("node:fs").then(() => 1, () => 2); 3')).toEqual(value(3))
    expect(await run('import fs from "node:fs"')).toMatchObject({ ok: false, why: 'error' })
  })

  it('keeps nothing of one run for the next', async () => {
    await run('Object.prototype.polluted = 1; Array.prototype.push = null; globalThis.left = 2; JSON.stringify = () => "0"; Math.random = null')
    expect(await run('[typeof ({}).polluted, typeof [].push, typeof left, typeof JSON.stringify]')).toEqual(
      value(['undefined', 'function', 'undefined', 'function']),
    )
  })

  it('is not fooled by replaced built-ins', async () => {
    expect(await run('JSON.stringify = () => "1, 2"; String = null; 5')).toEqual(value(5))
    expect(await run('Object.prototype.toJSON = () => 7; ({})')).toEqual(value(7))
    expect(await run('Error.prototype.toString = () => { throw 1 }; throw new Error("x")')).toMatchObject({ ok: false, why: 'error' })
    expect(await run('throw { get message() { throw 1 } }')).toMatchObject({ ok: false, why: 'error' })
  })

  it('ends deep recursion and deep data', async () => {
    expect(await run('(function f() { return f() + 1 })()')).toMatchObject({ ok: false })
    expect(await run('JSON.parse("[".repeat(100000))')).toMatchObject({ ok: false })
    expect(await run('let a = []; for (let i = 0; i < 100000; i++) a = [a]; a')).toMatchObject({ ok: false })
    expect(await run(`${'['.repeat(30_000)}`)).toMatchObject({ ok: false })
    expect(await run('1')).toEqual(value(1))
  })

  it('bounds code, result and memory', async () => {
    expect(await run(`1 //${'x'.repeat(70_000)}`)).toMatchObject({ ok: false, why: 'limit' })
    expect(await run('"x".repeat(2000000)')).toMatchObject({ ok: false, why: 'limit' })
    expect(await run('const a = []; while (true) a.push(new Array(1000).fill(1))')).toMatchObject({ ok: false, why: 'limit' })
    expect(await run('const a = []; while (true) a.push("x".repeat(1000000) + a.length)')).toMatchObject({ ok: false })
    expect(await run('2')).toEqual(value(2))
  })

  it('ends loops at the deadline', async () => {
    expect(await run('while (true) {}', null, hasty)).toMatchObject({ ok: false, why: 'timeout' })
    expect(await run('try { while (true) {} } catch { 1 } while (true) {}', null, hasty)).toMatchObject({ ok: false, why: 'timeout' })
    expect(await run('/^(a+)+$/.test("a".repeat(40) + "b")', null, hasty)).toMatchObject({ ok: false, why: 'timeout' })
  })

  it('kills a thread that no longer listens, and only the guilty run fails', async () => {
    const answers = await hasty.evaluate(
      [
        { code: '1', input: null },
        { code: 'new Array(1e9) + ""', input: null },
        { code: '3', input: null },
      ],
      setting,
    )
    expect(answers[0]).toEqual(value(1))
    expect(answers[1]).toMatchObject({ ok: false })
    expect(answers[2]).toEqual(value(3))
  })

  it('refuses work when it has been stopped, and starts no thread before the first run', async () => {
    const unused = new SandboxPool(defaultLimits, silentLog)
    await unused.stop()
    await expect(unused.evaluate([{ code: '1', input: null }], setting)).rejects.toMatchObject({ code: 'unavailable' })
  })
})
