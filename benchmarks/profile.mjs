// Where the time of servers under load goes: their processor by function, and what the database's backends wait for.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const waitSampleMs = 20
const rowsMax = 45

export function profileFlags(folder) {
  return ['--cpu-prof', '--cpu-prof-dir', folder, '--cpu-prof-interval', '500']
}

/** Looks at the backends again and again; `told` ends it. */
export function sampleWaits(look) {
  const counts = new Map()
  let samples = 0
  let goesOn = true
  const looking = (async () => {
    while (goesOn) {
      for (const what of await look()) counts.set(what, (counts.get(what) ?? 0) + 1)
      samples += 1
      await new Promise(resolve => setTimeout(resolve, waitSampleMs))
    }
  })()
  return {
    async told() {
      goesOn = false
      await looking
      const lines = [...counts].sort((a, b) => b[1] - a[1]).map(([what, count]) => `        ${(count / samples).toFixed(2)}  ${what}`)
      return [`active backends on average, of ${samples} looks:`, ...lines].join('\n')
    },
  }
}

/** Sums the profiles that servers left when they ended. */
export function tellProfiles(folder, name, say) {
  const functions = new Map()
  const places = new Map()
  let whole = 0
  const seen = told.get(folder) ?? new Set()
  told.set(folder, seen)
  for (const file of readdirSync(folder).filter(one => one.endsWith('.cpuprofile') && !seen.has(one))) {
    seen.add(file)
    const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(join(folder, file), 'utf8'))
    const byId = new Map(nodes.map(node => [node.id, node]))
    for (const node of nodes) for (const child of node.children ?? []) byId.get(child).caller = node
    for (const [index, id] of samples.entries()) {
      const node = byId.get(id)
      if (node.callFrame.functionName === '(idle)') continue
      const ms = timeDeltas[index] / 1000
      whole += ms
      add(places, placeOf(answerable(node).callFrame), ms)
      add(functions, nameOf(node), ms)
    }
  }
  const share = ms => `${((ms / whole) * 100).toFixed(1).padStart(5)} %`
  const lines = map =>
    [...map]
      .sort((a, b) => b[1] - a[1])
      .slice(0, rowsMax)
      .map(([what, ms]) => `        ${share(ms)}  ${what}`)
  say(
    [
      `${name}: ${(whole / 1000).toFixed(1)} s of processor time of its servers`,
      '      by place',
      ...lines(places),
      '      by function',
      ...lines(functions),
    ].join('\n'),
  )
}

/** Time in Node itself is laid at the door of who called it. */
function answerable(node) {
  let caller = node
  while (caller.caller && isNodes(caller.callFrame)) caller = caller.caller
  return isNodes(caller.callFrame) ? node : caller
}

const isNodes = ({ url }) => url === '' || url.startsWith('node:')

function nameOf(node) {
  const { callFrame } = node
  const name = `${callFrame.functionName || '(anonymous)'}  ${placeOf(callFrame)}:${callFrame.lineNumber + 1}`
  const called = answerable(node)
  return called === node ? name : `${name}  ← ${called.callFrame.functionName || '(anonymous)'} ${placeOf(called.callFrame)}`
}

const told = new Map()
const add = (map, key, ms) => map.set(key, (map.get(key) ?? 0) + ms)

function placeOf({ url, functionName }) {
  if (functionName.startsWith('(')) return functionName
  if (url.startsWith('node:')) return url
  const path = url.split('/node_modules/').at(-1)
  if (path !== url)
    return path
      .split('/')
      .slice(0, path.startsWith('@') ? 2 : 1)
      .join('/')
  return url.split('/').slice(-4).join('/') || '(native)'
}
