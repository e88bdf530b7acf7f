import vm from 'node:vm'
import type { Answer, Json } from '@busbar/kernel'
import { describe, expect, it } from 'vitest'
import { conductorRules } from '../rules.js'
import type { ConductorView } from '../decide/task.js'
import { play, type Scenario } from './play.js'

/** Every scenario is played twice: as it is, and with every view loaded anew after every step. */
export function runScenarios(theme: string, scenarios: readonly Scenario[]): void {
  describe(`${theme}`, () => {
    for (const scenario of scenarios) {
      it(`${scenario.title}`, () => check(scenario, false))
      it(`${scenario.title} (also from the store)`, () => check(scenario, true))
    }
  })
}

function check(scenario: Scenario, reloads: boolean): void {
  const seen = play(scenario, { evaluate, onCommit: mustHold, reloads })
  expect(seen.map(one => one.found)).toEqual(seen.map(one => one.expected))
  expect(seen.length).toBeGreaterThan(0)
}

/** Deciding again without news changes nothing, and no activity has two open attempts. */
export function mustHold(view: ConductorView): void {
  const asks = conductorRules.decide(view, {
    now: view.execution.updatedAt,
    answers: new Map(),
    chance: 0.5,
    lastSeen: () => null,
    canServe: () => true,
    secrets: () => ({}),
    connections: () => ({}),
    environment: () => null,
  })
  expect(asks).toEqual([])
  expect(view.isChanged).toBe(false)
  const open = [...view.openAttempts()].map(task => task.key)
  expect(new Set(open).size).toBe(open.length)
}

/** JavaScript as the sandbox has it, without its walls: only tests that we wrote run here. */
export function evaluate(code: string, input: Json): Answer {
  try {
    const value: unknown = vm.runInNewContext(code, { $: JSON.parse(JSON.stringify(input)) }, { timeout: 1000 })
    return { ok: true, value: JSON.parse(JSON.stringify(value ?? null)) as Json }
  } catch (error) {
    return { ok: false, why: 'error', message: String(error), line: 1 }
  }
}
