import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'

const chaos = fileURLToPath(new URL('../../../../simulation/chaos/main.mjs', import.meta.url))
const kills = 50

it(`a server that is killed ${kills} times under load loses nothing, does nothing twice and leaves nothing open`, { timeout: 240_000 }, async () => {
  const child = spawn(process.execPath, [chaos, '--rounds', String(kills)], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill())
  const ended = new Promise(resolve => child.once('close', resolve))
  const output = await text(child.stdout)
  expect(await ended, output).toBe(0)
  const numberBefore = (word: string) => Number(new RegExp(`(\\d+) ${word}`).exec(output)?.[1])
  expect(numberBefore('problems'), output).toBe(0)
  expect(numberBefore('kills'), output).toBeGreaterThanOrEqual(kills)
  expect(numberBefore('starts acknowledged'), output).toBeGreaterThan(100)
  expect(numberBefore('completions acknowledged'), output).toBeGreaterThan(100)
})
