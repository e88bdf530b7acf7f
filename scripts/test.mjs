// `npm test`: sets the clone up, then runs every check in order. `npm test -- --only types,unit` runs some of them.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root, setup } from './setup.mjs'

const bin = name => join(root, 'node_modules', '.bin', name)
const node = (...args) => [process.execPath, ...args]

const simulate = (...args) => node('simulation/dist/main.js', ...args, '--seed', String(Date.now() % 1_000_000))

/** Cheap checks first: a misplaced import is told in a second, not after ten minutes. */
const steps = [
  { name: 'format', command: [bin('biome'), 'format', '.'] },
  { name: 'lint', command: [bin('oxlint'), '--type-aware', '--quiet'] },
  { name: 'types', command: [bin('tsc'), '-p', 'tsconfig.test.json'] },
  { name: 'imports', command: node('scripts/check-imports.mjs') },
  { name: 'texts', command: node('scripts/check-texts.mjs') },
  { name: 'unit', command: [bin('vitest'), 'run', '--project', 'unit'] },
  { name: 'e2e', command: [bin('vitest'), 'run', '--project', 'e2e'] },
  { name: 'simulate', command: simulate('--runs', '10000') },
  { name: 'servers', command: simulate('--runs', '4000', '--servers', '3') },
  { name: 'paused', command: simulate('--runs', '1000', '--servers', '3', '--scenario', 'paused') },
  { name: 'conformance', command: node('conformance/run.mjs', '--all') },
  { name: 'random', command: node('conformance/random.mjs', '--count', '30', '--kill') },
]

const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1].split(',') : null
const unknown = only?.filter(name => !steps.some(step => step.name === name)) ?? []
if (unknown.length > 0) {
  console.error(`There is no check called ${unknown.join(', ')}. Choose from: ${steps.map(step => step.name).join(', ')}.`)
  process.exit(2)
}

setup()
const results = []
for (const step of steps.filter(({ name }) => !only || only.includes(name))) {
  console.log(`\n── ${step.name} ──`)
  const begun = performance.now()
  const { status } = spawnSync(step.command[0], step.command.slice(1), { cwd: root, stdio: 'inherit' })
  results.push({ name: step.name, passed: status === 0, seconds: (performance.now() - begun) / 1000 })
}

console.log('\n── checks ──')
for (const { name, passed, seconds } of results) console.log(`${passed ? '✓' : '✗'} ${name.padEnd(12)} ${seconds.toFixed(1).padStart(6)} s`)
const failed = results.filter(result => !result.passed)
console.log(`${results.length - failed.length} passed, ${failed.length} failed`)
process.exit(failed.length > 0 ? 1 : 0)
