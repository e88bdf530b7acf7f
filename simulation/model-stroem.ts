/** What a job does, told anew from the rules (strom-server.md §9, with the defects of §9.4 and §9.6 repaired) and not from the dialect's code. */
import type { Json, JsonObject } from '@busbar/kernel'
import type { Step, TaskDef } from '@busbar/stroem'
import { childPath } from './behaviour.js'
import { emptyPrediction, type Facts, type Prediction } from './prediction.js'
import type { StroemDefinition } from './stroem-definition.js'

type StepEnd =
  | { readonly status: 'completed'; readonly output: Json }
  /** The second one is a failure that the step allows: not the job's, but its dependants see it. */
  | { readonly status: 'failed' | 'tolerated' | 'skipped'; readonly output: null }

interface JobEnd {
  readonly status: 'completed' | 'failed'
  readonly output: JsonObject | null
}

const skipped: StepEnd = { status: 'skipped', output: null }

export function predictStroem({ workspace, task }: StroemDefinition, facts: Facts): Prediction {
  const prediction = emptyPrediction()
  const tries = (path: string, key: string, count: number) => prediction.tries.set(`${path}/${key}`, count)

  function job(definition: TaskDef, path: string): JobEnd {
    const ends = new Map<string, StepEnd>()
    // Steps depend on steps that are written before them only.
    for (const [name, step] of Object.entries(definition.flow)) ends.set(name, endOf(step, name, path, ends))
    const isFailed = [...ends.values()].some(end => end.status === 'failed')
    const needed = new Set(Object.values(definition.flow).flatMap(step => step.dependsOn))
    const leaves = [...ends].filter(([name, end]) => !needed.has(name) && end.output !== null)
    const output = isFailed || leaves.length === 0 ? null : Object.fromEntries(leaves.map(([name, end]) => [name, end.output]))
    const status = isFailed ? 'failed' : 'completed'
    prediction.executions.set(path, { statuses: new Set([status]), isExact: true, output, variables: undefined })
    return { status, output }
  }

  function endOf(step: Step, name: string, path: string, before: ReadonlyMap<string, StepEnd>): StepEnd {
    tries(path, name, 1)
    const needs = step.dependsOn.map(need => before.get(need) ?? skipped)
    if (!step.continueOnFailure && needs.some(need => need.status === 'failed' || need.status === 'tolerated')) return skipped
    if (!step.continueOnFailure && needs.length > 0 && needs.every(need => need.status === 'skipped')) return skipped
    if (!isWanted(step, before)) return skipped
    if (Array.isArray(step.forEach)) return loop(step, name, path, step.forEach.length)
    return tried(step, name, path)
  }

  function loop(step: Step, name: string, path: string, count: number): StepEnd {
    if (count === 0) return skipped
    const items: StepEnd[] = []
    for (let index = 0; index < count; index++) {
      const end = tried(step, `${name}[${index}]`, path)
      items.push(end)
      if (end.status === 'failed' && step.sequential) break
    }
    if (items.some(item => item.status === 'failed')) return { status: 'failed', output: null }
    return { status: 'completed', output: items.map(item => item.output) }
  }

  function tried(step: Step, key: string, path: string): StepEnd {
    const failed: StepEnd = { status: step.continueOnFailure ? 'tolerated' : 'failed', output: null }
    if (step.action === 'nest') {
      tries(path, key, 1)
      const end = job(workspace.tasks['child'] as TaskDef, childPath({ path, key, number: 0 }))
      return end.status === 'completed' ? { status: 'completed', output: end.output } : failed
    }
    for (let number = 0; ; number++) {
      tries(path, key, number + 1)
      const fate = facts.fateOf({ path, key, number })
      if (fate.outcome === 'completed') return { status: 'completed', output: { v: fate.value } }
      if (number >= (step.retry?.attemptsMax ?? 0)) return failed
    }
  }

  job(workspace.tasks[task] as TaskDef, '')
  return prediction
}

const no = new Set(['', 'false', '0'])

function isWanted({ when }: Step, before: ReadonlyMap<string, StepEnd>): boolean {
  if (when === null) return true
  const read = /^\{\{ (\w+)\.output/.exec(when)?.[1]
  if (read === undefined) return !no.has(when)
  const output = before.get(read)?.output
  const value = typeof output === 'object' && output !== null && !Array.isArray(output) ? (output as JsonObject)['v'] : 0
  return !no.has(String(value ?? 0))
}
