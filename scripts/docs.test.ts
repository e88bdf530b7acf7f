/** What the pages in `docs/` list is compared with what the code knows. `UPDATE_DOCS=1` rewrites the parts that are made from it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isUnsupportedType } from '@busbar/conductor'
import { configReference, loadConfig, startServer } from '@busbar/server'
import { readConfig } from '@busbar/worker'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')

/** The text between `<!-- name -->` and `<!-- /name -->`. */
function part(path: string, name: string): string {
  const [, text] = new RegExp(`<!-- ${name} -->\n([^]*?)<!-- /${name} -->`).exec(read(path)) ?? []
  if (text === undefined) throw new Error(`${path} has no part ${name}`)
  return text
}

/** Compares, or rewrites when asked to. */
function expectPart(path: string, name: string, made: string): void {
  const now = part(path, name)
  const between = (text: string) => `<!-- ${name} -->\n${text}<!-- /${name} -->`
  if (process.env['UPDATE_DOCS'] === '1')
    writeFileSync(
      join(root, path),
      read(path).replace(between(now), () => between(made)),
    )
  else expect(now, `${path} lags behind: run with UPDATE_DOCS=1`).toBe(made)
}

const cells = (row: string) => row.split(/(?<!\\)\|/).map(cell => cell.trim())
const quoted = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, inside = '']) => inside)

describe('the page of the configuration', () => {
  it('has the keys of the server as they are', () => expectPart('docs/configuration.md', 'server', configReference()))

  it('has the keys of the worker, and no others', () => {
    const rows = part('docs/configuration.md', 'worker').split('\n')
    const named = rows.filter(row => row.startsWith('| `')).flatMap(row => quoted(cells(row)[1] ?? ''))
    expect(named.sort()).toEqual(keysOfTheWorker())
  })
})

/** The worker names its keys when it meets one that it does not know. */
function keysOfTheWorker(): string[] {
  try {
    readConfig({ none: true }, 'a test')
  } catch (error) {
    const [, names = ''] = /known are (.*)$/.exec((error as Error).message) ?? []
    return names.split(', ').sort()
  }
  throw new Error('the worker took a key that it does not know')
}

describe('the compatibility pages', () => {
  it('name the paths that are not built, and no others', async () => {
    const unbuilt = await unbuiltRoutes()
    expect(unbuilt.filter(({ owner }) => owner === 'conductor')).toEqual([])
    expectPart('docs/stroem-compatibility.md', 'unbuilt', tableOf(unbuilt.filter(({ owner }) => owner === 'stroem')))
  })

  it('name the task types that are not built, and no others', () => {
    const [, list = ''] = /const unsupported[^[]*\[([^\]]*)\]/.exec(read('packages/conductor/src/tasks/engine-types.ts')) ?? []
    const known = [...list.matchAll(/'(\w+)'/g)].map(([, type = '']) => type)
    expect(known.every(isUnsupportedType)).toBe(true)
    expect(quoted(part('docs/conductor-compatibility.md', 'unsupported-types')).sort()).toEqual(known.sort())
  })

  it('give for each difference a test that exists', () => {
    const tests = testSources().join('\n')
    const named = ['docs/conductor-compatibility.md', 'docs/stroem-compatibility.md'].flatMap(differences)
    expect(named.length).toBeGreaterThan(40)
    expect(named.filter(name => !tests.includes(name))).toEqual([])
  })
})

async function unbuiltRoutes() {
  const data = mkdtempSync(join(tmpdir(), 'busbar-docs-'))
  const log = { debug() {}, info() {}, warn() {}, error() {}, flush() {} }
  const server = await startServer(loadConfig({ flags: { data, listen: { port: 0 } } }).config, { log })
  await server.stop()
  rmSync(data, { recursive: true })
  return server.routes.flatMap(({ method, owner, paths, summary }) => {
    const [, feature] = /^Not built yet: (.*)$/.exec(summary) ?? []
    return feature === undefined ? [] : [{ owner, feature, path: `\`${method} ${paths[0]}\`` }]
  })
}

function tableOf(routes: readonly { readonly feature: string; readonly path: string }[]): string {
  const pathsOf = (wanted: string) => routes.filter(({ feature }) => feature === wanted).map(({ path }) => path)
  const rows = [...new Set(routes.map(({ feature }) => feature))].map(feature => `| ${feature} | ${pathsOf(feature).join('<br>')} |`)
  return ['| Feature | Paths |', '|---|---|', ...rows, ''].join('\n')
}

/** The last column of tables that have one called `Test`. */
function differences(path: string): string[] {
  return read(path)
    .split('\n\n')
    .map(block => block.split('\n'))
    .filter(([head = '']) => head.endsWith('| Test |'))
    .flatMap(([, , ...rows]) => rows.filter(row => row.startsWith('|')).map(row => cells(row).at(-2) ?? ''))
}

function testSources(): string[] {
  return ['packages', 'apps'].flatMap(top =>
    readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })
      .filter(path => !/node_modules|dist\//.test(path) && /\.test\.ts$|scenarios\/.*\.(ts|yaml)$/.test(path))
      .map(path => read(join(top, path)).replaceAll("\\'", "'")),
  )
}
