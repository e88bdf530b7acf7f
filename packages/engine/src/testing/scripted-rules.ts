/** The smallest dialect that can make the engine do everything: an execution does the steps that it is told. */
import {
  type ActivityKey,
  after,
  type AttemptId,
  type Attempt,
  childIdOf,
  type Context,
  type ExecutionId,
  type HandOut,
  type Json,
  type JsonObject,
  ordinalOf,
  type Parent,
  type QueueName,
  refuse,
  type Rules,
  type StartPlan,
  type View,
} from '@busbar/kernel'

export type Step =
  | { readonly do: 'open'; readonly queue: string; readonly leaseMs?: number; readonly delayMs?: number; readonly spoil?: boolean; readonly render?: boolean }
  | { readonly do: 'child'; readonly request: ScriptedRequest }
  | { readonly do: 'send'; readonly to: string; readonly steps: readonly Step[] }
  | { readonly do: 'evaluate'; readonly code: string }
  /** Asks `rounds` times, one after the other. */
  | { readonly do: 'spin'; readonly rounds: number }
  | { readonly do: 'wake'; readonly afterMs: number }
  | { readonly do: 'mark'; readonly text: string }
  | { readonly do: 'throw' }
  | { readonly do: 'end' }

export interface ScriptedRequest {
  readonly steps?: readonly Step[]
  readonly refuse?: string
  readonly name?: string
}

export type ScriptedCommand =
  | { readonly kind: 'tick' }
  | { readonly kind: 'steps'; readonly steps: readonly Step[] }
  | { readonly kind: 'done'; readonly attempt: AttemptId; readonly fence?: number }
  | { readonly kind: 'no' }
  | { readonly kind: 'broken' }
  | { readonly kind: 'childRefused'; readonly attempt: AttemptId; readonly child: ExecutionId; readonly reason: string }
  | { readonly kind: 'childEnded'; readonly attempt: AttemptId; readonly child: ExecutionId }

interface State {
  readonly todo: readonly Step[]
  readonly marks: readonly string[]
  readonly ticks: number
}

interface Data {
  readonly spoil?: boolean
  readonly render?: boolean
  readonly rendered?: number
}

export interface ScriptedTypes {
  readonly plan: string
  readonly brief: ScriptedRequest
  readonly state: State
  readonly data: Data
  readonly command: ScriptedCommand
  readonly reply: Json
}

type ScriptedView = View<ScriptedTypes>

export const scriptedRules: Rules<ScriptedTypes> = {
  name: 'conductor',
  compile: definition => definition,
  planStart,
  apply: (view, command, context) => apply(view, command, context),
  decide,
  handOut,
}

function planStart(request: JsonObject, _id: ExecutionId, _parent: Parent | null, _context: Context): StartPlan<ScriptedTypes> {
  const brief = request as ScriptedRequest
  if (brief.refuse !== undefined) return refuse('invalid', brief.refuse)
  const label = { namespace: '', name: brief.name ?? 'scripted', version: '1', handle: '', source: '' }
  return { kind: 'create', label, definition: '{}', brief, state: { todo: brief.steps ?? [], marks: [], ticks: 0 } }
}

function apply(view: ScriptedView, command: ScriptedCommand, { now }: Context): ReturnType<Rules<ScriptedTypes>['apply']> {
  switch (command.kind) {
    case 'tick':
      tick(view, now)
      return { kind: 'applied', reply: null }
    case 'steps':
      if (view.isTerminal) return refuse('conflict', 'it has ended')
      todo(view, command.steps)
      return { kind: 'applied', reply: view.state.todo.length }
    case 'done':
      return close(view, command, now)
    case 'no':
      return refuse('conflict', 'no')
    case 'broken':
      throw new Error('a broken rule')
    case 'childRefused':
      view.close(ordinalOf(command.attempt), 'failed', { kind: 'engine' }, now)
      mark(view, `refused: ${command.reason}`)
      return { kind: 'applied', reply: null }
    case 'childEnded':
      view.close(ordinalOf(command.attempt), 'completed', { kind: 'engine' }, now)
      mark(view, `child ended`)
      return { kind: 'applied', reply: null }
  }
}

function close(view: ScriptedView, command: Extract<ScriptedCommand, { kind: 'done' }>, now: Context['now']) {
  const refusal = view.close(ordinalOf(command.attempt), 'completed', { kind: 'worker', worker: null, fence: command.fence ?? null }, now)
  return refusal ?? ({ kind: 'applied', reply: 'closed' } as const)
}

function tick(view: ScriptedView, now: Context['now']): void {
  if (view.brief.name === 'broken timer') throw new Error('a timer that cannot be handled')
  for (const attempt of view.openAttempts()) {
    const { state } = attempt
    if (state.kind === 'leased' && state.until !== null && state.until <= now) view.postpone(attempt.ordinal, now, now)
  }
  view.setState({ ...view.state, ticks: view.state.ticks + 1 })
  view.rearm(now)
  if (view.brief.name === 'restless timer') view.wakeAt(view.execution.createdAt)
}

function decide(view: ScriptedView, context: Context) {
  while (view.state.todo.length > 0) {
    const [step, ...rest] = view.state.todo
    if (!step) return []
    const ask = take(view, step, context)
    if (ask) return [ask]
    view.setState({ ...view.state, todo: view.state.todo[0] === step ? rest : view.state.todo })
  }
  return []
}

/** Does one step; returns the question that stands in its way. */
function take(view: ScriptedView, step: Step, context: Context) {
  const { now } = context
  switch (step.do) {
    case 'open': {
      const { spoil = false, render = false } = step
      const opening = {
        number: 0,
        data: { spoil, render },
        queue: step.queue as QueueName,
        leaseMs: step.leaseMs ?? 60_000,
        notBefore: after(now, step.delayMs ?? 0),
      }
      view.open({ key: `a${view.size}` as ActivityKey, ...opening }, now)
      return null
    }
    case 'child': {
      const parent = view.open({ key: `c${view.size}` as ActivityKey, number: 0, data: {}, queue: null }, now)
      const request = step.request as unknown as JsonObject
      view.send(childIdOf(parent.id, 0), { kind: 'start', dialect: 'conductor', request, parent: { execution: view.id, attempt: parent.id } })
      return null
    }
    case 'send':
      view.send(step.to as ExecutionId, { kind: 'command', command: { kind: 'steps', steps: step.steps as unknown as Json } })
      return null
    case 'evaluate':
      return evaluated(view, step.code, context)
    case 'spin':
      return spin(view, step, context)
    case 'wake':
      view.wakeAt(after(now, step.afterMs))
      return null
    case 'mark':
      mark(view, step.text)
      return null
    case 'throw':
      throw new Error('a decision that cannot be made')
    case 'end':
      end(view, now)
      return null
  }
}

function evaluated(view: ScriptedView, code: string, { answers }: Context) {
  const answer = answers.get(code)
  if (!answer) return { key: code, kind: 'evaluate', language: 'javascript', code, input: null } as const
  mark(view, JSON.stringify(answer.ok ? answer.value : answer.why))
  return null
}

function spin(view: ScriptedView, step: Extract<Step, { do: 'spin' }>, { answers }: Context) {
  if (step.rounds <= 0) return null
  const key = `spin ${step.rounds}`
  if (!answers.has(key)) return { key, kind: 'lastPolls', queues: [] } as const
  view.setState({ ...view.state, todo: [{ do: 'spin', rounds: step.rounds - 1 }, ...view.state.todo.slice(1)] })
  return null
}

function end(view: ScriptedView, now: Context['now']): void {
  const { parent } = view.execution
  for (const attempt of view.openAttempts()) view.close(attempt.ordinal, 'cancelled', { kind: 'engine' }, now)
  view.setStatus('completed', now)
  if (parent) view.send(parent.execution, { kind: 'command', command: { kind: 'childEnded', attempt: parent.attempt, child: view.id } })
}

function handOut(view: ScriptedView, attempt: Attempt<Data>, { now }: Context): HandOut {
  if (attempt.data.spoil) {
    view.close(attempt.ordinal, 'failedFinally', { kind: 'engine' }, now)
    return { kind: 'spoiled', reason: 'told to be' }
  }
  if (attempt.data.render) view.amend(attempt.ordinal, { ...attempt.data, rendered: attempt.claims })
  return { kind: 'work', work: { attempt: attempt.id } }
}

function todo(view: ScriptedView, steps: readonly Step[]): void {
  view.setState({ ...view.state, todo: [...view.state.todo, ...steps] })
}

function mark(view: ScriptedView, text: string): void {
  view.setState({ ...view.state, marks: [...view.state.marks, text] })
}
