/** The end of an execution: what is still open is cancelled, the output is made, and whoever waits for it hears of it. */
import { type Ask, childIdOf, isJsonObject, type Json, type JsonObject, type AttemptId, type Parent } from '@busbar/kernel'
import type { State } from '../types.js'
import { workflowStatus } from '../wire/status.js'
import { workflowToWire } from '../wire/workflow.js'
import { type Stored, store, tooLargeForWorkflow, type ToStore, workflowLimits } from '../payload/outside.js'
import { loopKeyOf, nodeOf, planOf } from './book.js'
import type { ConductorView, Task } from './task.js'
import { evaluate } from './input.js'
import { joinOutputBefore, outputOf } from './output.js'
import { testRunKey } from './test-run.js'
import type { Turn } from './turn.js'
import type { Ending } from './ending.js'

/** Changes nothing as long as a question stands in the way. */
export function endExecution(turn: Turn, ending: Ending, { tellsParent }: { readonly tellsParent: boolean } = { tellsParent: true }): void {
  const failureWorkflow = ending.startsFailureWorkflow ? findFailureWorkflow(turn) : null
  if (turn.asks.length > 0) return
  const { view, now, book } = turn
  showNewestIterations(turn, ending)
  cancelOpen(turn, ending)
  const output = storedOutput(turn, ending)
  if (output === null) return
  if (output.kind === 'tooLarge') return endExecution(turn, failedBySize(view, output, ending), { tellsParent })
  book.ending = null
  view.setState(finalState(turn, ending, output))
  view.setStatus(ending.status, now)
  if (tellsParent) tellParent(view)
  tellWaiting(view)
  if (failureWorkflow !== null) startFailureWorkflow(turn, ending, failureWorkflow)
}

/** Null: questions stand in the way. What was cancelled for the end stays so, and the end is made again with the answers. */
function storedOutput(turn: Turn, ending: Ending): Exclude<ToStore, { kind: 'asked' }> | null {
  const { view, settings } = turn
  const value = ending.hasNoOutput ? {} : finalOutput(turn, ending)
  if (turn.isBlind) return null
  const stored = store({ execution: view.id, name: `${view.id}:output`, value }, workflowLimits(settings.payloads), ask => turn.answer(ask))
  return stored.kind === 'asked' ? null : stored
}

function failedBySize(view: ConductorView, found: { readonly size: number; readonly max: number }, ending: Ending): Ending {
  return { ...ending, status: 'failed', reason: tooLargeForWorkflow(view.id, found), hasNoOutput: true, startsFailureWorkflow: ending.status !== 'cancelled' }
}

function cancelOpen(turn: Turn, ending: Ending): void {
  const { view } = turn
  const why = ending.reason === null || ending.reason === '' ? `status ${workflowStatus(ending.status)}` : `reason: ${ending.reason}`
  const reason = `Parent workflow has been terminated with ${why}`
  for (const task of view.openAttempts()) {
    const child = task.data.type === 'SUB_WORKFLOW' ? task.data.child : undefined
    if (child !== undefined) view.send(child, { kind: 'command', command: { kind: 'parentEnded', reason } })
    const output = task.data.type === 'JOIN' ? { output: joinOutputBefore(view, task, turn.now) } : {}
    const { startAt: _, ...data } = task.data
    view.close(task.ordinal, 'cancelled', { kind: 'engine' }, turn.now, { ...data, ...output })
  }
}

/** A TERMINATE in its body shows the unfinished iteration of a loop. */
function showNewestIterations(turn: Turn, ending: Ending): void {
  const { view } = turn
  let task = ending.terminatedBy ?? undefined
  while (task !== undefined) {
    const key = loopKeyOf(nodeOf(view, task), task)
    task = key === null ? undefined : view.newest(key as Task['key'])
    if (task !== undefined) turn.amend(task, { shown: task.data.iteration ?? 0 })
  }
}

// ── Its last state ──

function finalState(turn: Turn, ending: Ending, stored: Stored): State {
  const { view } = turn
  const { output: _output, outputPath: _path, reason: _reason, messages: _messages, ...state } = view.state
  const restored = new Set(turn.tolerated.map(({ task }) => task.ordinal))
  const failed = { refs: new Set(state.failedRefs), names: new Set(state.failedNames) }
  for (const task of view.attempts()) {
    if (task.state.kind !== 'closed' || restored.has(task.ordinal)) continue
    if (task.state.outcome !== 'failed' && task.state.outcome !== 'failedFinally') continue
    failed.refs.add(task.key)
    failed.names.add(task.data.name ?? task.data.type)
  }
  const output = stored.kind === 'here' ? stored.value : {}
  return {
    ...state,
    ...(stored.kind === 'outside' && { outputPath: stored.path }),
    ...(Object.keys(output).length > 0 && { output }),
    ...(ending.reason !== null && { reason: ending.reason }),
    ...(failed.refs.size > 0 && { failedRefs: [...failed.refs], failedNames: [...failed.names] }),
  }
}

/** A TERMINATE task's output; else the definition's; else that of the last task. */
export function finalOutput(turn: Turn, ending: Ending): JsonObject {
  const { view } = turn
  if (ending.terminatedBy !== null) return outputOf(view, ending.terminatedBy, turn.read)
  const { outputParameters } = planOf(view).def
  if (Object.keys(outputParameters).length > 0) {
    if (ending.status !== 'completed') turn.endsAs = ending.status
    const output = evaluate(turn, outputParameters)
    return isJsonObject(output) ? output : {}
  }
  let last: Task | undefined
  for (const task of view.attempts()) if (task.data.skipped !== true || last === undefined) last = task
  return last === undefined ? {} : outputOf(view, last, turn.read)
}

// ── Failure workflow and parent ──

interface FailureWorkflow {
  readonly name: string
  readonly version: number | null
  readonly exists: boolean
}

function findFailureWorkflow(turn: Turn): FailureWorkflow | null {
  const { def } = planOf(turn.view)
  const name = failureWorkflowName(def.failureWorkflow, inputOf(turn))
  if (name === null) return null
  const version = def.failureWorkflowVersion
  const ask: Ask = { key: `workflow:${name}:${version}`, kind: 'definition', of: 'workflow', namespace: '', name, version }
  const answer = turn.answer(ask)
  return { name, version, exists: answer?.ok === true && answer.value !== null }
}

function inputOf({ view: { brief }, read }: Turn): JsonObject {
  return brief.inputPath === undefined ? brief.input : read(brief.inputPath)
}

/** A literal name, or `$workflow.input.<key>`. */
function failureWorkflowName(name: string | null, input: JsonObject): string | null {
  if (name === null || name.trim() === '') return null
  if (!name.startsWith('$')) return name
  const found = input[name.split('.')[2] ?? '']
  return typeof found === 'string' && found !== '' ? found : null
}

function startFailureWorkflow(turn: Turn, ending: Ending, { name, version, exists }: FailureWorkflow): void {
  const { view } = turn
  const { brief } = view
  const says = (text: string) => view.setState({ ...view.state, output: { ...view.state.output, 'conductor.failure_workflow': text } })
  if (!exists) return says(`Error workflow ${name} failed to start.  reason: No such workflow defined. name=${name}, version=${version}`)
  const id = childIdOf(view.id as string as AttemptId, view.lastOrdinal, 'failure')
  const input: Record<string, Json | undefined> = {
    ...inputOf(turn),
    workflowId: view.id,
    reason: ending.reason,
    failureStatus: workflowToWire(view, { includeTasks: false })['status'] ?? null,
    ...(ending.failedBy !== null && { failureTaskId: ending.failedBy.id }),
    failedWorkflow: workflowToWire(view, { includeTasks: true }),
  }
  const request = {
    name,
    version,
    input,
    correlationId: brief.correlationId ?? null,
    taskToDomain: brief.taskToDomain ?? {},
    ...(brief.isTest && { [testRunKey]: true }),
  }
  view.send(id, { kind: 'start', dialect: 'conductor', request, parent: null })
  says(id)
}

export function tellParent(view: ConductorView): void {
  const { parent } = view.execution
  if (parent !== null) tellEnd(view, parent)
}

/** Once: who wants to know of a later end asks again. `as`: it does not end, but nobody will see its end. */
export function tellWaiting(view: ConductorView, as?: EndOfChild): void {
  const { awaitedBy, ...state } = view.state
  if (awaitedBy === undefined) return
  for (const waiting of awaitedBy) tellEnd(view, waiting, as)
  view.setState(state)
}

interface EndOfChild {
  readonly status: 'completed' | 'failed' | 'timedOut' | 'cancelled'
  readonly reason: string | null
}

function endOf({ status, state }: ConductorView): EndOfChild | null {
  return status === 'running' || status === 'paused' ? null : { status, reason: state.reason ?? null }
}

function tellEnd(view: ConductorView, parent: Parent, end: EndOfChild | null = endOf(view)): void {
  const { state } = view
  const plan = planOf(view)
  if (end === null) return
  const command = {
    kind: 'childEnded',
    attempt: parent.attempt,
    child: view.id,
    status: end.status,
    output: state.output ?? null,
    ...(state.outputPath !== undefined && { outputPath: state.outputPath }),
    reason: end.reason,
    title: `${plan.def.name}.${plan.def.version}`,
  }
  view.send(parent.execution, { kind: 'command', command })
}
