/**
 * Gates: one for each task definition that limits how many of its tasks may be at work. A gate is an execution without a
 * definition of its own, in a namespace of its own; the tasks that stand before it are its attempts.
 *
 * K1. Tasks are admitted in the order in which they came (conductor-semantics.md §6.3: strict arrival order).
 * K2. A task asks when it is scheduled and waits, unclaimable, until it is admitted; it tells when it began (for a rate) and
 *     when it ended, whichever way. Both go by messages, in the commits that schedule, hand out and end it: nothing is counted
 *     twice or forgotten, whatever crashes, and whichever server decides.
 *     Those messages may overtake each other: each entering has a number (`turn`), and who left before they came is remembered.
 * K3. A place of a concurrency limit is free when its task ended; a place of a rate is free again `perMs` after its task began.
 */
import {
  type ActivityKey,
  type AttemptId,
  executionIdOf,
  type Instant,
  instant,
  isJsonObject,
  type JsonObject,
  namedIdOf,
  ordinalMax,
  type StartPlan,
} from '@busbar/kernel'
import { snapshotOf } from '../definition/snapshot.js'
import { parseWorkflowDef } from '../definition/parse-workflow-def.js'
import type { WorkflowDef } from '../definition/types.js'
import type { ConductorView, Task } from '../decide/task.js'
import type { ConductorTypes } from '../types.js'
import type { GateCommand, GateState } from './gate-types.js'
import type { TaskLimits } from './limits.js'

/** Lists of workflows leave it out. */
export const gateNamespace = 'gate'

const requestKey = '_gate'
/** Of those that left before they came; more than can be under way at once. */
const earlyMax = 1_000
const entriesMax = Math.floor(ordinalMax / 2)

export function isGate(view: ConductorView): boolean {
  return view.execution.label.namespace === gateNamespace
}

export const gateIdOf = (definition: string) => namedIdOf('gate', definition)

export function gateRequest(definition: string, limits: TaskLimits): JsonObject {
  return { [requestKey]: { definition, limits: limits as unknown as JsonObject } }
}

/** Null: the request is for something else. */
export function planGate(request: JsonObject): StartPlan<ConductorTypes> | null {
  const given = request[requestKey]
  if (!isJsonObject(given)) return null
  // Made by `gateRequest`.
  const { definition, limits } = given as unknown as { readonly definition: string; readonly limits: TaskLimits }
  return {
    kind: 'create',
    label: { namespace: gateNamespace, name: definition, version: '1', handle: '', source: 'gate' },
    definition: snapshot(),
    brief: { input: {} },
    state: { variables: {}, gate: { limits, inside: 0, expected: 0, returns: [] } },
  }
}

let text: string | undefined

/** The same for all: it has no tasks. */
function snapshot(): string {
  text ??= snapshotOf(parseWorkflowDef({ name: 'gate', version: 1, tasks: [] }) as WorkflowDef, new Map())
  return text
}

// ── What tasks tell it ──

export function applyToGate(view: ConductorView, command: GateCommand, now: Instant): void {
  const { gate } = view.state
  if (gate === undefined) return
  switch (command.kind) {
    case 'gateEnter':
      // The newest definition that anybody runs by counts.
      put(view, { ...gate, limits: command.limits })
      if (isNews(view, command)) enter(view, command, now)
      return
    case 'gateBegun':
      return begun(view, gate, command, now)
    case 'gateLeave':
      return left(view, gate, command)
  }
}

/** False: it is here already, or has left already. Whoever comes again has left before, even if that was not heard yet. */
function isNews(view: ConductorView, { attempt, turn = 0 }: Extract<GateCommand, { kind: 'gateEnter' }>): boolean {
  const entry = entryOf(view, attempt)
  if (entry !== null && entry.number >= turn) return false
  if (entry !== null) leave(view, entry)
  const { gate } = view.state
  const mark = markOf(attempt, turn)
  if (!gate?.early?.includes(mark)) return true
  put(view, { ...gate, early: gate.early.filter(other => other !== mark) })
  return false
}

function enter(view: ConductorView, { attempt, turn = 0, how = 'inTurn' }: Extract<GateCommand, { kind: 'gateEnter' }>, now: Instant): void {
  const { gate } = view.state
  if (gate === undefined) return
  if (how === 'orRefuse' && !(hasRoom(gate) && nobodyWaits(view))) {
    view.send(executionIdOf(attempt), { kind: 'command', command: { kind: 'gateClosed' } })
    return
  }
  const entry = view.open({ key: attempt as string as ActivityKey, number: turn, data: { type: 'GATE' }, queue: null }, now)
  if (how !== 'atOnce') return
  put(view, { ...gate, inside: gate.inside + 1 })
  view.amend(entry.ordinal, { ...entry.data, admitted: 'begun' })
}

function nobodyWaits(view: ConductorView): boolean {
  for (const entry of view.openAttempts()) if (entry.data.admitted === undefined) return false
  return true
}

function begun(view: ConductorView, gate: GateState, { attempt, at }: Extract<GateCommand, { kind: 'gateBegun' }>, now: Instant): void {
  const { rate } = gate.limits
  if (rate === null) return
  // Counted even when it has left meanwhile: it did begin.
  const free = at + rate.perMs
  const returns = free > now ? [...gate.returns, free].sort((a, b) => a - b) : gate.returns
  const entry = entryOf(view, attempt)
  const isExpected = entry?.data.admitted === 'expected'
  put(view, { ...gate, returns, expected: isExpected ? gate.expected - 1 : gate.expected })
  if (isExpected) view.amend(entry.ordinal, { ...entry.data, admitted: 'begun' })
}

function left(view: ConductorView, gate: GateState, { attempt, turn = 0 }: Extract<GateCommand, { kind: 'gateLeave' }>): void {
  const entry = entryOf(view, attempt)
  if (entry?.number === turn) leave(view, entry)
  else if (entry === null || entry.number < turn) put(view, { ...gate, early: [...(gate.early ?? []), markOf(attempt, turn)].slice(-earlyMax) })
}

function leave(view: ConductorView, entry: Task): void {
  const { gate } = view.state
  if (gate === undefined) return
  const { admitted } = entry.data
  const expected = admitted === 'expected' ? gate.expected - 1 : gate.expected
  put(view, { ...gate, expected, inside: admitted === undefined ? gate.inside : gate.inside - 1 })
  view.remove(entry.ordinal)
}

function markOf(attempt: AttemptId, turn: number): string {
  return `${attempt}#${turn}`
}

function entryOf(view: ConductorView, attempt: AttemptId): Task | null {
  return view.newest(attempt as string as ActivityKey) ?? null
}

// ── What it decides ──

export function decideGate(view: ConductorView, now: Instant): void {
  if (view.state.gate === undefined) return
  const returns = view.state.gate.returns.filter(at => at > now)
  if (returns.length < view.state.gate.returns.length) put(view, { ...view.state.gate, returns })
  if (view.lastOrdinal > entriesMax) numberAgain(view, now)
  for (const entry of view.openAttempts()) {
    const { gate } = view.state
    if (entry.data.admitted !== undefined) continue
    if (hasRoom(gate)) {
      admit(view, gate, entry)
      continue
    }
    // It waits for somebody to leave, or for the next place of the rate.
    if (gate.returns[0] !== undefined) view.wakeAt(instant(gate.returns[0]))
    return
  }
}

/** A gate never ends, and the numbers of attempts do: those that are here begin at 1 again, in the same order. */
function numberAgain(view: ConductorView, now: Instant): void {
  const entries = [...view.openAttempts()]
  for (const { ordinal } of entries) view.remove(ordinal)
  view.renumber()
  for (const { key, number, data } of entries) view.open({ key, number, data, queue: null }, now)
}

function hasRoom({ limits, inside, expected, returns }: GateState): boolean {
  const { concurrency, rate } = limits
  return (concurrency === null || inside < concurrency) && (rate === null || expected + returns.length < rate.max)
}

function admit(view: ConductorView, gate: GateState, entry: Task): void {
  const isRated = gate.limits.rate !== null
  put(view, { ...gate, inside: gate.inside + 1, expected: gate.expected + (isRated ? 1 : 0) })
  view.amend(entry.ordinal, { ...entry.data, admitted: isRated ? 'expected' : 'begun' })
  const attempt = entry.key as string as AttemptId
  view.send(executionIdOf(attempt), { kind: 'command', command: { kind: 'gateOpened', attempt, turn: entry.number, isRated } })
}

function put(view: ConductorView, gate: GateState): void {
  view.setState({ ...view.state, gate })
}
