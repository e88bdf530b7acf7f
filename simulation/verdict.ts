/** Compares how a run ended with what workers said and what the model predicts. */
import { type Attempt, type ExecutionId, isJsonObject, type JsonObject, type Json } from '@busbar/kernel'
import type { Behaviour, Report, Try } from './behaviour.js'
import { type Entry, type Ledger, Violation } from './ledger.js'
import type { Facts, Fate, Prediction } from './prediction.js'
import type { Scene } from './scene.js'

export interface Evidence {
  readonly scene: Scene
  readonly ledger: Ledger
  readonly behaviour: Behaviour
  /** All that workers said, by attempt, or by activity where reports do not name the attempt. */
  readonly said: ReadonlyMap<string, readonly Report[]>
  /** Reports that were acknowledged as taken, by attempt. */
  readonly taken: ReadonlyMap<string, Report>
  readonly cancel: 'none' | 'maybe' | 'sure'
  /** The execution whose start was acknowledged. */
  readonly root: ExecutionId
}

export function sayKey(scene: Scene, execution: ExecutionId, attempt: Attempt): string {
  return scene.isFenced ? attempt.id : `${execution}/${attempt.key}`
}

export function judge(evidence: Evidence): void {
  const { ledger } = evidence
  if (!ledger.entries.has(evidence.root)) fail(`the acknowledged start of ${evidence.root} is lost`)
  for (const [id, { attempts }] of ledger.entries) for (const attempt of attempts.values()) checkFate(evidence, id, attempt)
  // A start that was not acknowledged and sent again may have made two.
  for (const [id, { execution }] of ledger.entries) if (execution.parent === null) judgeTree(evidence, id)
}

// ── What workers said ──

function checkFate(evidence: Evidence, id: ExecutionId, attempt: Attempt): void {
  const { state } = attempt
  if (attempt.queue === null || state.kind !== 'closed' || state.outcome === 'cancelled' || state.outcome === 'skipped') return
  const what = `${attempt.key} #${attempt.number} of ${id} ended as ${state.outcome}`
  const said = evidence.said.get(sayKey(evidence.scene, id, attempt)) ?? []
  const taken = evidence.taken.get(attempt.id)
  const isSuccess = state.outcome === 'completed'
  if (taken && (taken.outcome === 'completed') !== isSuccess) fail(`${what}, but the report '${taken.outcome}' was acknowledged`)
  if (isSuccess) {
    if (!said.some(report => report.outcome === 'completed' && report.value === valueOf(attempt))) fail(`${what}, which no worker said`)
    return
  }
  const isLost = attempt.firstClaimedAt !== null && state.at >= attempt.firstClaimedAt + evidence.scene.leaseMs
  const isSaid = state.outcome !== 'timedOut' && said.some(report => report.outcome !== 'completed')
  if (!isLost && !isSaid) fail(`${what}, but no worker said so and its lease still held`)
}

function valueOf(attempt: Attempt): Json | undefined {
  const output = isJsonObject(attempt.data) ? attempt.data['output'] : undefined
  return isJsonObject(output) ? output['v'] : undefined
}

// ── What the model says ──

function judgeTree(evidence: Evidence, root: ExecutionId): void {
  const { ledger, scene } = evidence
  const tree = new Map<string, Entry>()
  for (const [id, entry] of ledger.entries) if (ledger.rootOf(id) === root) tree.set(ledger.pathOf(id), entry)
  const prediction = scene.predict(factsOf(evidence, tree))
  const isCancellable = root === evidence.root && evidence.cancel !== 'none'
  for (const [path, entry] of tree) {
    const isExact = !isCancellable && placesOf(path).every(place => prediction.executions.get(place)?.isExact === true)
    const mayBeCut = isCancellable || placesAbove(path).some(place => prediction.executions.get(place)?.isExact !== true)
    checkExecution(prediction, path, entry, { isExact, mayBeCut })
    if (isExact) for (const place of prediction.executions.keys()) if (parentOf(place) === path && !tree.has(place)) fail(`'${place}' never ran`)
  }
  const status = tree.get('')?.execution.status
  if (root === evidence.root && evidence.cancel === 'sure' && status !== 'cancelled') fail(`the cancel was acknowledged, but the execution is ${status}`)
}

function factsOf({ behaviour }: Evidence, tree: ReadonlyMap<string, Entry>): Facts {
  const newest = new Map<string, Attempt>()
  for (const [path, { attempts }] of tree) for (const attempt of attempts.values()) newest.set(`${path}/${attempt.key}#${attempt.number}`, attempt)
  return {
    fateOf: one => fateOf(behaviour, one, newest.get(`${one.path}/${one.key}#${one.number}`)),
    statusOf: path => tree.get(path)?.execution.status ?? null,
  }
}

function fateOf(behaviour: Behaviour, one: Try, attempt: Attempt | undefined): Fate {
  const reaction = behaviour(one)
  const planned: Fate = reaction.outcome === 'lost' ? { outcome: 'timedOut' } : reaction
  if (attempt?.state.kind !== 'closed') return planned
  const { outcome } = attempt.state
  const value = valueOf(attempt)
  switch (outcome) {
    case 'completed':
    case 'failed':
    case 'failedFinally':
      return { outcome, value: typeof value === 'number' ? value : 0 }
    case 'timedOut':
      return { outcome }
    case 'tolerated':
      // Only a report leaves an output behind.
      if (typeof value !== 'number') return { outcome: 'timedOut' }
      return { outcome: reaction.outcome === 'failedFinally' ? 'failedFinally' : 'failed', value }
    case 'cancelled':
    case 'skipped':
      return planned
  }
}

function checkExecution(
  prediction: Prediction,
  path: string,
  entry: Entry,
  { isExact, mayBeCut }: { readonly isExact: boolean; readonly mayBeCut: boolean },
): void {
  const expected = prediction.executions.get(path)
  if (expected === undefined) fail(`an execution ran that should not: '${path}'`)
  const { status, state } = entry.execution
  if (!expected.statuses.has(status) && !(mayBeCut && status === 'cancelled')) fail(`'${path}' is ${status}, expected ${[...expected.statuses].join(' or ')}`)
  const actual = new Map<string, number>()
  for (const attempt of entry.attempts.values()) actual.set(attempt.key, (actual.get(attempt.key) ?? 0) + 1)
  for (const [key, count] of actual) {
    const most = prediction.tries.get(`${path}/${key}`) ?? 0
    if (count > most || (isExact && count < most)) fail(`'${path}/${key}' has ${count} tries, expected ${isExact ? '' : 'at most '}${most}`)
  }
  if (!isExact) return
  for (const [activity] of prediction.tries) if (parentOf(activity) === path && !actual.has(activity.slice(path.length + 1))) fail(`'${activity}' never ran`)
  const found: JsonObject = isJsonObject(state) ? state : {}
  if (expected.output !== undefined) checkSame(`the output of '${path}'`, found['output'], expected.output)
  if (expected.variables !== undefined) checkSame(`the variables of '${path}'`, found['variables'], expected.variables)
}

function checkSame(what: string, actual: Json | undefined, expected: Json): void {
  const [found, wanted] = [sorted(actual ?? null), sorted(expected)]
  if (found !== wanted) fail(`${what} is ${found}, expected ${wanted}`)
}

function sorted(value: Json): string {
  return JSON.stringify(value, (_, inner: Json) =>
    isJsonObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  )
}

// ── Paths ──

function parentOf(path: string): string | null {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? null : path.slice(0, slash)
}

function placesAbove(path: string): string[] {
  const parent = parentOf(path)
  return parent === null ? [] : [parent, ...placesAbove(parent)]
}

function placesOf(path: string): string[] {
  return [path, ...placesAbove(path)]
}

function fail(what: string): never {
  throw new Violation(what)
}
