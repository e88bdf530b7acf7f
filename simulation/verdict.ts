/** Compares how a run ended with what workers said and what the model predicts. */
import { type Attempt, type AttemptId, type ExecutionId, isJsonObject, type Json, type JsonObject } from '@busbar/kernel'
import { type Behaviour, progressOutput, type Report, type Try } from './behaviour.js'
import { type Entry, type Ledger, Violation } from './ledger.js'
import { anything, type Facts, type Fate, type Prediction } from './prediction.js'
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
  return scene.isFenced && !scene.isForPeople(attempt) ? attempt.id : `${execution}/${attempt.key}`
}

export function judge(evidence: Evidence): void {
  const { ledger } = evidence
  if (!ledger.entries.has(evidence.root)) fail(`the acknowledged start of ${evidence.root} is lost`)
  for (const [id, { attempts }] of ledger.entries) for (const attempt of attempts.values()) checkFate(evidence, id, attempt)
  // A start that was not acknowledged and sent again may have made two.
  for (const id of ledger.entries.keys()) if (ledger.rootOf(id) === id) judgeTree(evidence, id)
  for (const [id, starter] of ledger.starters) if (!ledger.entries.has(id)) fail(`${starter} says that it started ${id}, which does not exist`)
}

// ── What workers said ──

function checkFate(evidence: Evidence, id: ExecutionId, attempt: Attempt): void {
  const { state } = attempt
  if (
    (attempt.queue === null && !evidence.scene.isForPeople(attempt)) ||
    state.kind !== 'closed' ||
    state.outcome === 'cancelled' ||
    state.outcome === 'skipped'
  )
    return
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
  for (const [path, entry] of tree) {
    // What somebody started and nobody waits for is not cut off with its starter.
    const above = placesAbove(path, place => tree.get(place)?.execution.parent === null)
    const isCancellable = root === evidence.root && evidence.cancel !== 'none' && (path === '' || above.includes(''))
    const isWhole = (place: string) => prediction.executions.get(place)?.isExact === true
    // Whatever became of the others: what was not cut off has done all there was to do.
    const isExact = isWhole(path) && entry.execution.status === 'completed'
    const mayBeCut = isCancellable || !above.every(isWhole)
    checkExecution(prediction, path, entry, { isExact, mayBeCut })
    if (isExact) for (const place of prediction.executions.keys()) if (parentOf(place) === path && !tree.has(place)) fail(`'${place}' never ran`)
  }
  const status = tree.get('')?.execution.status
  if (root === evidence.root && evidence.cancel === 'sure' && status !== 'cancelled') fail(`the cancel was acknowledged, but the execution is ${status}`)
}

function factsOf(evidence: Evidence, tree: ReadonlyMap<string, Entry>): Facts {
  const { behaviour, scene, said } = evidence
  const attempts = new Map<string, Attempt>()
  const forgotten = new Map<AttemptId, Report>()
  for (const [path, entry] of tree) {
    for (const attempt of [...entry.removed.values(), ...entry.attempts.values()]) attempts.set(`${path}/${attempt.key}#${attempt.number}`, attempt)
    // What was open when it was last seen ended in the very change that removed it.
    for (const attempt of entry.removed.values()) {
      const report = evidence.taken.get(attempt.id) ?? said.get(sayKey(scene, entry.execution.id, attempt))?.at(-1)
      if (report !== undefined) forgotten.set(attempt.id, report)
    }
  }
  const attemptOf = ({ path, key, number }: Try) => attempts.get(`${path}/${key}#${number}`)
  return {
    fateOf: one => fateOf(behaviour, one, attemptOf(one), forgotten),
    statusOf: path => tree.get(path)?.execution.status ?? null,
    idOf: path => tree.get(path)?.execution.id ?? null,
  }
}

function fateOf(behaviour: Behaviour, one: Try, attempt: Attempt | undefined, forgotten: ReadonlyMap<AttemptId, Report>): Fate {
  const reaction = behaviour(one)
  const planned: Fate = reaction.outcome === 'lost' ? { outcome: 'timedOut', output: {} } : reaction
  if (attempt?.state.kind !== 'closed') return (attempt && forgotten.get(attempt.id)) ?? planned
  const { outcome } = attempt.state
  const value = valueOf(attempt)
  switch (outcome) {
    case 'completed':
    case 'failed':
    case 'failedFinally':
      return { outcome, value: typeof value === 'number' ? value : 0 }
    case 'timedOut':
      return silenceOf(attempt)
    case 'tolerated':
      // Only a report leaves an output behind.
      if (typeof value !== 'number') return silenceOf(attempt)
      return { outcome: reaction.outcome === 'failedFinally' ? 'failedFinally' : 'failed', value }
    case 'cancelled':
    case 'skipped':
      return planned
  }
}

/** Its worker may have said how far it came. */
function silenceOf({ id, data }: Attempt): Fate {
  const output = isJsonObject(data) && isJsonObject(data['output']) ? data['output'] : {}
  if (Object.keys(output).length > 0) checkSame(`the output of ${id}, whose worker fell silent,`, output, progressOutput)
  return { outcome: 'timedOut', output }
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
  const found: JsonObject = isJsonObject(state) ? state : {}
  if (!expected.statuses.has(status) && !(mayBeCut && status === 'cancelled'))
    fail(`'${path}' is ${status} (${String(found['reason'])}), expected ${[...expected.statuses].join(' or ')}`)
  const actual = new Map<string, number>()
  for (const attempt of entry.attempts.values()) actual.set(attempt.key, (actual.get(attempt.key) ?? 0) + 1)
  for (const [key, count] of actual) {
    const most = prediction.tries.get(`${path}/${key}`) ?? 0
    if (isExact && prediction.forgotten.has(`${path}/${key}`)) fail(`'${path}/${key}' is still there, although its loop has forgotten it`)
    if (count > most || (isExact && count < most)) fail(`'${path}/${key}' has ${count} tries, expected ${isExact ? '' : 'at most '}${most}`)
  }
  if (expected.output !== undefined && status === 'completed') checkSame(`the output of '${path}'`, found['output'], expected.output)
  if (!isExact) return
  for (const activity of prediction.tries.keys()) {
    if (parentOf(activity) !== path || prediction.forgotten.has(activity)) continue
    if (!actual.has(activity.slice(path.length + 1))) fail(`'${activity}' never ran`)
  }
  if (expected.variables !== undefined) checkSame(`the variables of '${path}'`, found['variables'], expected.variables)
}

function checkSame(what: string, actual: Json | undefined, expected: Json): void {
  if (!isSame(actual ?? null, expected)) fail(`${what} is ${JSON.stringify(actual ?? null)}, expected ${JSON.stringify(expected)}`)
}

function isSame(actual: Json, expected: Json): boolean {
  if (Array.isArray(expected))
    return Array.isArray(actual) && actual.length === expected.length && expected.every((one, i) => isSame(actual[i] as Json, one as Json))
  if (!isJsonObject(expected)) return expected === anything ? actual !== null : actual === expected
  if (!isJsonObject(actual) || anything in expected) return isJsonObject(actual)
  const names = new Set([...Object.keys(actual), ...Object.keys(expected)])
  return [...names].every(name => name in actual && name in expected && isSame(actual[name] ?? null, expected[name] ?? null))
}

// ── Paths ──

function parentOf(path: string): string | null {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? null : path.slice(0, slash)
}

/** Up to the first that nobody waits for. */
function placesAbove(path: string, isOnItsOwn: (path: string) => boolean): string[] {
  const parent = isOnItsOwn(path) ? null : parentOf(path)
  return parent === null ? [] : [parent, ...placesAbove(parent, isOnItsOwn)]
}

function fail(what: string): never {
  throw new Violation(what)
}
