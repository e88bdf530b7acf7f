import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'vitest'
import { parse } from 'yaml'
import { playScenario, type Scenario } from '../testing/play-scenario.js'

const here = new URL('.', import.meta.url)

for (const file of readdirSync(here).filter(name => name.endsWith('.yaml'))) {
  describe(`scenarios of ${file.replace('.yaml', '')}`, () => {
    for (const scenario of parse(readFileSync(new URL(file, here), 'utf8')) as Scenario[]) {
      test(`${scenario.title}`, () => playScenario(scenario, { forgetful: false }))
      test(`${scenario.title} (loaded anew after each commit)`, () => playScenario(scenario, { forgetful: true }))
    }
  })
}
