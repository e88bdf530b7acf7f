/**
 * The output of a task. What a loop or an open join shows is derived from the tasks it gathers and never stored: a
 * loop of 10,000 iterations would otherwise write all of them anew in each.
 */
import type { Instant, Json, JsonObject } from '@busbar/kernel'
import { isUnsuccessful } from '../wire/status.js'
import { nothingRead, type ReadPayload } from '../payload/outside.js'
import { joinedKeys, nodeOf } from './book.js'
import type { ConductorView, Task } from './task.js'

const none: JsonObject = {}

/** What is kept outside is empty to who cannot read it. */
export function outputOf(view: ConductorView, task: Task, read: ReadPayload = nothingRead): JsonObject {
  const { outputPath, output } = task.data
  if (outputPath !== undefined) return output === undefined ? read(outputPath) : { ...read(outputPath), ...output }
  if (task.data.output !== undefined) return task.data.output
  if (task.data.type === 'DO_WHILE') return loopOutput(view, task, shownIterations(task), read)
  if (task.data.type === 'JOIN' && task.state.kind !== 'closed') return joinOutput(view, task, read)
  return none
}

/** What readers on the wire and loops see: the id of a child is that of the task's own, also where the child gave another one (verbs/children.ts). */
export function shownOutputOf(view: ConductorView, task: Task, read: ReadPayload = nothingRead): JsonObject {
  const output = outputOf(view, task, read)
  const child = task.data.child ?? task.data.awaits
  return child === undefined || output['subWorkflowId'] === undefined || output['subWorkflowId'] === child ? output : { ...output, subWorkflowId: child }
}

/** `{ref: output}` of every joined task that has one, up to the first that failed it. */
export function joinOutput(view: ConductorView, join: Task, read: ReadPayload = nothingRead): JsonObject {
  const output: Record<string, Json> = {}
  for (const key of joinedKeys(view, join)) {
    const joined = view.newest(key as Task['key'])
    if (joined === undefined) continue
    const value = outputOf(view, joined, read)
    if (Object.keys(value).length > 0) output[key] = value
    if (hasFailed(joined)) break
  }
  return output
}

/** What a join that is cut off at `now` had gathered: what ended in this very decision came too late. */
export function joinOutputBefore(view: ConductorView, join: Task, now: Instant): JsonObject {
  const output: Record<string, Json> = {}
  for (const key of joinedKeys(view, join)) {
    const joined = view.newest(key as Task['key'])
    if (joined === undefined) continue
    const isLate = joined.state.kind === 'closed' && joined.state.at >= now
    const value = !isLate ? outputOf(view, joined) : joined.data.child === undefined ? none : { subWorkflowId: joined.data.child }
    if (Object.keys(value).length > 0) output[key] = value
  }
  return output
}

function hasFailed(task: Task): boolean {
  return task.state.kind === 'closed' && isUnsuccessful(task.state.outcome)
}

// ── Loops ──

/** A loop shows the iterations that are complete; one that ended by itself shows the newest too. */
function shownIterations(loop: Task): number {
  const newest = loop.data.iteration ?? 0
  if (loop.data.shown !== undefined) return loop.data.shown
  return loop.state.kind === 'closed' && loop.state.outcome !== 'cancelled' ? newest : newest - 1
}

function loopOutput(view: ConductorView, loop: Task, shown: number, read: ReadPayload): JsonObject {
  const output: Record<string, Json> = loopFields(loop)
  for (let n = firstKept(loop, shown); n <= shown; n++) {
    const entry = iterationOutput(view, loop, n, read)
    if (entry !== undefined) output[n] = entry
  }
  return output
}

function loopFields(loop: Task): Record<string, Json> {
  const { item, iteration = 0 } = loop.data
  const fields: Record<string, Json> = { iteration }
  if (item !== undefined) Object.assign(fields, { loopIndex: iteration - 1, loopItem: item })
  return fields
}

function firstKept(loop: Task, shown: number): number {
  const keep = keptIterations(loop)
  return keep === null ? 1 : Math.max(1, shown - keep + 1)
}

/** `keepLastN` of its input, or null. */
export function keptIterations(loop: Task): number | null {
  const keep = loop.data.input?.['keepLastN']
  return typeof keep === 'number' && Number.isInteger(keep) && keep > 0 ? keep : null
}

function iterationOutput(view: ConductorView, loop: Task, n: number, read: ReadPayload): JsonObject | undefined {
  let entry: Record<string, Json> | undefined
  const suffix = `${loop.data.suffix ?? ''}__${n}`
  for (const ref of nodeOf(view, loop)?.body ?? []) {
    const task = view.newest((ref + suffix) as Task['key'])
    if (task === undefined) continue
    entry ??= {}
    // A TERMINATE ends the workflow before anybody gathers what it says.
    entry[ref] = task.data.type === 'TERMINATE' ? none : shownOutputOf(view, task, read)
    if (loop.state.kind === 'closed' && loop.state.outcome === 'failed' && hasFailed(task)) break
  }
  return entry
}

/**
 * The output of a loop for readers that mostly want one field of it: nothing is gathered before it is asked for.
 * What is stored must be copied out of it (`JSON.stringify` sees an ordinary object).
 */
export function lazyLoopOutput(view: ConductorView, loop: Task, payload: ReadPayload, shown = shownIterations(loop)): JsonObject {
  const fields = loopFields(loop)
  const first = firstKept(loop, shown)
  const read = (key: string | symbol): Json | undefined => {
    if (typeof key !== 'string') return undefined
    if (Object.hasOwn(fields, key)) return fields[key]
    const n = /^[1-9]\d*$/.test(key) ? Number(key) : 0
    return n >= first && n <= shown ? iterationOutput(view, loop, n, payload) : undefined
  }
  const keys = () => [...Object.keys(fields), ...Array.from({ length: Math.max(0, shown - first + 1) }, (_, i) => String(first + i))]
  return new Proxy(
    {},
    {
      get: (_, key) => read(key),
      has: (_, key) => read(key) !== undefined,
      ownKeys: () => keys().filter(key => read(key) !== undefined),
      getOwnPropertyDescriptor: (_, key) => {
        const value = read(key)
        return value === undefined ? undefined : { value, enumerable: true, configurable: true, writable: false }
      },
    },
  )
}
