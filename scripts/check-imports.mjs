// The walls of the house. Reads every import statement and checks:
//   1. the arrows between packages (ARCHITECTURE.md), and that packages are imported by name, never by path;
//   2. the floors inside a package's purity: no `node:` and no I/O dependency in the pure packages;
//   3. no cycle between files;
//   4. no clock, no chance and no console in pure code;
//   5. production code imports no test code, and only the entry programs name a store adapter.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { root } from './setup.mjs'

const arrows = {
  kernel: [],
  conductor: ['kernel'],
  stroem: ['kernel'],
  store: ['kernel'],
  engine: ['kernel', 'conductor', 'stroem', 'store'],
  sdk: [],
  server: ['kernel', 'conductor', 'stroem', 'store', 'engine'],
  worker: ['stroem'],
  cli: ['sdk', 'server', 'worker', 'conductor', 'stroem', 'kernel'],
  simulation: ['kernel', 'conductor', 'stroem', 'store', 'engine', 'sdk', 'conformance'],
  benchmarks: ['store'],
  conformance: ['store'],
}
const pure = { kernel: [], conductor: [], stroem: ['yaml', 're2js'] }
/** They test others and are run by nobody else. */
const testHouses = ['simulation', 'conformance', 'benchmarks']
const adaptersNamedBy = ['apps/server/src/open-store.ts']
const banned = [
  [/\bDate\.now\b/, 'reads the clock: take `now` as an argument'],
  [/\bnew Date\(\)/, 'reads the clock: take `now` as an argument'],
  [/\bMath\.random\b/, 'draws a random number: take `chance` as an argument'],
  [/\bconsole\./, 'writes to the console: return a value instead'],
]

const problems = []
const files = ['packages', 'apps'].flatMap(top => readdirSync(join(root, top)).flatMap(name => sources(join(root, top, name, 'src'))))
files.push(...['simulation', 'benchmarks', 'conformance'].flatMap(name => sources(join(root, name))))
const graph = new Map()

for (const file of files) check(file)
for (const cycle of cycles()) problems.push(`cycle: ${cycle.map(file => relative(root, file)).join(' → ')}`)
for (const problem of problems) console.error(problem)
console.log(
  `${files.length} files, ${[...graph.values()].reduce((sum, to) => sum + to.length, 0)} imports between them: ${problems.length === 0 ? 'the walls stand' : `${problems.length} problems`}`,
)
process.exit(problems.length > 0 ? 1 : 0)

function check(file) {
  const text = readFileSync(file, 'utf8')
  const home = packageOf(file)
  const isTest = isTestFile(file)
  const where = relative(root, file)
  const edges = []
  for (const { specifier, line } of importsOf(text)) {
    const at = `${where}:${line}`
    if (specifier.startsWith('.')) {
      const target = resolveFile(file, specifier)
      if (!target) continue
      edges.push(target)
      if (packageOf(target) !== home) problems.push(`${at}: ${specifier} leaves the package; import @busbar/${packageOf(target)} by name`)
      if (!isTest && isTestFile(target)) problems.push(`${at}: production code imports test code ${specifier}`)
    } else if (specifier.startsWith('@busbar/')) {
      const [, name, entry] = specifier.split('/')
      if (name !== home && !isTest && !arrows[home]?.includes(name))
        problems.push(`${at}: ${home} may not import ${name}; allowed: ${arrows[home]?.join(', ') || 'nothing'}`)
      if (entry === 'testing' && !isTest && !testHouses.includes(home)) problems.push(`${at}: production code imports the test entry ${specifier}`)
      if (home !== 'store' && (entry === 'sqlite' || entry === 'postgres') && !isTest && !adaptersNamedBy.includes(where))
        problems.push(`${at}: only ${adaptersNamedBy.join(', ')} may name a store adapter`)
    } else if (home in pure && !isTest) {
      const name = specifier.startsWith('@') ? specifier.split('/').slice(0, 2).join('/') : specifier.split('/')[0]
      if (!pure[home].includes(name)) problems.push(`${at}: ${home} is pure and may not import ${specifier}`)
    }
  }
  graph.set(file, edges)
  if (home in pure && !isTest) banOutsideComments(text, where)
}

function banOutsideComments(text, where) {
  text.split('\n').forEach((line, index) => {
    const code = line.replace(/\/\/.*$|^\s*\*.*$|^\s*\/\*.*$/, '').replace(/'[^']*'|`[^`]*`/g, "''")
    for (const [pattern, why] of banned) if (pattern.test(code)) problems.push(`${where}:${index + 1}: ${why}`)
  })
}

function* importsOf(text) {
  const pattern = /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?\bfrom\s*'([^']+)'|(?:^|\n)\s*import\s*'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/g
  for (const match of text.matchAll(pattern)) {
    yield { specifier: match[1] ?? match[2] ?? match[3], line: text.slice(0, match.index + match[0].length).split('\n').length }
  }
}

function resolveFile(from, specifier) {
  const base = resolve(dirname(from), specifier)
  return [base, base.replace(/\.js$/, '.ts'), base.replace(/\.js$/, '.tsx'), join(base, 'index.ts')].find(path => existsSync(path) && graphable(path))
}

function graphable(path) {
  return /\.(ts|tsx|mjs)$/.test(path)
}

function packageOf(file) {
  const [top, name] = relative(root, file).split('/')
  return top === 'packages' || top === 'apps' ? name : top
}

function isTestFile(file) {
  return /\.(test|bench)\.ts$|\/(testing|e2e|scenarios|fixtures)\//.test(file)
}

function sources(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return ['node_modules', 'dist', '.peers'].includes(entry.name) ? [] : sources(path)
    return graphable(path) && !path.endsWith('.d.ts') ? [path] : []
  })
}

/** Depth-first search; each cycle is told once, from the file where it was found. */
function cycles() {
  const found = []
  const state = new Map()
  const visit = (file, path) => {
    if (state.get(file) === 'done') return
    if (state.get(file) === 'open') {
      found.push([...path.slice(path.indexOf(file)), file])
      return
    }
    state.set(file, 'open')
    for (const next of graph.get(file) ?? []) visit(next, [...path, file])
    state.set(file, 'done')
  }
  for (const file of graph.keys()) visit(file, [])
  return found
}
