// Plays the project's own conversations: lists of HTTP calls with the answers they must get. The format is that of the
// recorded wire suites, in its plainest part, with what is expected written beside each call:
//
//   { "title", "steps": [ { "name", "method", "path", "query"?, "body"?, "capture"?: { name: path },
//       "until"?: { "path", "equals" }, "expect": { "status"?, "body"?: subset, "text"? } } ] }
//
// `${name}` is a captured value, `${run}` a suffix of this play. A path is `$.a.b[0]`.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const untilMs = 10_000

export async function playOwnCases({ cases, server, only }) {
  const files = readdirSync(cases).filter(file => file.endsWith('.json') && new RegExp(only).test(`own/${file.slice(0, -5)}`))
  if (files.length === 0) return { passed: 0, failed: 0 }
  const base = await server()
  let failed = 0
  for (const file of files) {
    const { title, steps } = JSON.parse(readFileSync(join(cases, file), 'utf8'))
    const problem = await play(base, steps)
    if (!problem) continue
    failed += 1
    console.log(`  FAIL own/${file.slice(0, -5)} — ${title}\n       ${problem}`)
  }
  console.log(`own cases: ${files.length - failed} of ${files.length} agree`)
  return { passed: files.length - failed, failed }
}

async function play(base, steps) {
  const known = { run: Math.random().toString(36).slice(2, 10) }
  for (const step of steps) {
    const filled = fill(step, known)
    const deadline = performance.now() + untilMs
    let answer = await call(base, filled)
    while (filled.until && JSON.stringify(at(answer.body, filled.until.path)) !== JSON.stringify(filled.until.equals)) {
      if (performance.now() > deadline)
        return `${step.name}: ${filled.until.path} never became ${JSON.stringify(filled.until.equals)}; at the end ${JSON.stringify(answer.body)?.slice(0, 300)}`
      await sleep(20)
      answer = await call(base, filled)
    }
    const problem = compare(filled.expect ?? { status: 200 }, answer)
    if (problem) return `${step.name}: ${problem}`
    for (const [name, path] of Object.entries(step.capture ?? {})) known[name] = path === 'text' ? answer.text : at(answer.body, path)
  }
  return null
}

async function call(base, { method = 'GET', path, query, body }) {
  const url = new URL(base + path)
  for (const [key, value] of Object.entries(query ?? {})) url.searchParams.append(key, String(value))
  const response = await fetch(url, { method, ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }) })
  const text = await response.text()
  let parsed
  try {
    parsed = JSON.parse(text)
  } catch {
    // Plain text stays text.
  }
  return { status: response.status, text, body: parsed }
}

function compare(expected, answer) {
  if (expected.status !== undefined && expected.status !== answer.status)
    return `expected status ${expected.status}, got ${answer.status}: ${answer.text.slice(0, 300)}`
  if (expected.text !== undefined && expected.text !== answer.text) return `expected the text ${expected.text}, got ${answer.text.slice(0, 300)}`
  return expected.body === undefined ? null : missing(expected.body, answer.body, '$')
}

/** Everything that is expected must be there; more may be. Lists must be whole. */
function missing(expected, actual, path) {
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length)
      return `${path}: expected ${expected.length} entries, got ${JSON.stringify(actual)?.slice(0, 300)}`
    return expected.map((one, index) => missing(one, actual[index], `${path}[${index}]`)).find(Boolean) ?? null
  }
  if (expected !== null && typeof expected === 'object') {
    if (actual === null || typeof actual !== 'object') return `${path}: expected an object, got ${JSON.stringify(actual)}`
    return (
      Object.entries(expected)
        .map(([key, value]) => missing(value, actual[key], `${path}.${key}`))
        .find(Boolean) ?? null
    )
  }
  return Object.is(expected, actual) ? null : `${path}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`
}

function at(value, path) {
  return path
    .replace(/^\$\.?/, '')
    .split(/[.[\]]+/)
    .filter(Boolean)
    .reduce((inner, part) => inner?.[part.startsWith('-') ? inner.length + Number(part) : part], value)
}

function fill(value, known) {
  return JSON.parse(JSON.stringify(value).replace(/\$\{(\w+)\}/g, (whole, name) => (name in known ? JSON.stringify(String(known[name])).slice(1, -1) : whole)))
}
