import { type Dictionary, lookUp, type Step } from './types.js'

/** Steps that wait for each other, from one back to itself; null when there are none. Goes without recursion. */
export function cycleIn(flow: Dictionary<Step>): readonly string[] | null {
  const finished = new Set<string>()
  for (const start of Object.keys(flow)) {
    const cycle = cycleFrom(start, flow, finished)
    if (cycle !== null) return cycle
  }
  return null
}

function cycleFrom(start: string, flow: Dictionary<Step>, finished: Set<string>): readonly string[] | null {
  const trail: { readonly name: string; next: number }[] = [{ name: start, next: 0 }]
  const onTrail = new Set([start])
  for (let top = trail.at(-1); top !== undefined; top = trail.at(-1)) {
    const dependency = lookUp(flow, top.name)?.dependsOn[top.next]
    top.next += 1
    if (dependency === undefined || finished.has(top.name)) {
      finished.add(top.name)
      onTrail.delete(top.name)
      trail.pop()
    } else if (onTrail.has(dependency)) {
      const names = trail.map(({ name }) => name)
      return [...names.slice(names.indexOf(dependency)), dependency]
    } else {
      onTrail.add(dependency)
      trail.push({ name: dependency, next: 0 })
    }
  }
  return null
}
