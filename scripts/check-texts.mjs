// What must not stand in the project: an absolute path of some machine, a package registry's host, unfinished business.
// And what must: each package described, each document's links leading somewhere.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from './setup.mjs'

const banned = [
  [/\/(?:home|root|Users)\/[a-z]|\/work\/(?:main|shared)/, 'an absolute path of some machine'],
  [/\bregistry\.(?:npmjs|yarnpkg)\b/, "a package registry's host"],
  [/\b(?:TODO|FIXME|XXX)\b/, 'unfinished business: do it, or say what is not built where users look'],
]
/** Where a banned text is the subject itself. */
const exempt = new Set(['scripts/check-texts.mjs', 'package-lock.json'])

const listed = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
const files = listed.stdout.split('\n').filter(file => file && existsSync(join(root, file)))
const problems = []
for (const file of files) {
  if (exempt.has(file) || /\.(png|gz|ico|woff2?)$/.test(file)) continue
  const text = readFileSync(join(root, file), 'utf8')
  text.split('\n').forEach((line, index) => {
    for (const [pattern, what] of banned) if (pattern.test(line)) problems.push(`${file}:${index + 1}: ${what}`)
  })
  if (file.endsWith('.md')) checkLinks(file, text)
}
// A lockfile that names a host would tie every user to the place where it was written.
if (/"resolved": "https?:/.test(readFileSync(join(root, 'package-lock.json'), 'utf8')))
  problems.push('package-lock.json: records download addresses; remove its "resolved" fields')

for (const problem of problems) console.error(problem)
console.log(`${files.length} files: ${problems.length === 0 ? 'clean' : `${problems.length} problems`}`)
process.exit(problems.length > 0 ? 1 : 0)

function checkLinks(file, text) {
  for (const [, target] of text.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)/g)) {
    if (!existsSync(join(root, dirname(file), target))) problems.push(`${file}: the link to ${target} leads nowhere`)
  }
}
