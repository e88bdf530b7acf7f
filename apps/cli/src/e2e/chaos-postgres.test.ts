import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'

const chaos = fileURLToPath(new URL('../../../../simulation/chaos/main.mjs', import.meta.url))
const executions = 250
const flows = 40

it('three servers on a PostgreSQL that restarts, fails over and loses sessions end what they acknowledged, once and rightly', {
  timeout: 300_000,
}, async () => {
  const args = ['--store', 'postgres', '--servers', '3', '--executions', String(executions), '--flows', String(flows)]
  const child = spawn(process.execPath, [chaos, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill())
  const ended = new Promise(resolve => child.once('close', resolve))
  const output = await text(child.stdout)
  expect(await ended, output).toBe(0)
  // Above it stands what it said on the way.
  const result = /^chaos: .*$/m.exec(output)?.[0] ?? ''
  const numberBefore = (word: string) => Number(new RegExp(`(\\d+) ${word}`).exec(result)?.[1])
  expect(numberBefore('problems'), output).toBe(0)
  expect(numberBefore('starts acknowledged'), output).toBe(executions + flows)
  expect(numberBefore('completions acknowledged'), output).toBeGreaterThan(executions)
  expect(numberBefore('hits'), output).toBeGreaterThan(5)
})
