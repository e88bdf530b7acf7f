/** What is reported for a task, sized before it is taken in: large outputs stand outside, those that are too large fail the task. */
import { type Ask, executionIdOf, type JsonObject, ordinalOf } from '@busbar/kernel'
import type { ConductorCommand } from '../commands.js'
import { nodeOf } from '../decide/book.js'
import type { ConductorView, Task } from '../decide/task.js'
import { taskOutputProblem } from '../schema/enforce.js'
import { type ConductorContext, settingsOf } from '../settings.js'
import { pending } from '../verbs/update.js'
import { isMissing, load, Questions, store, taskLimits, tooLargeForTask, use } from './outside.js'

/** Commands that bring the output of a task. */
export type Reporting = Extract<ConductorCommand, { kind: 'update' | 'updateByReference' | 'mock' | 'effectEnded' | 'childEnded' }>

type Sized<C> = { readonly kind: 'sized'; readonly command: C } | { readonly kind: 'ask'; readonly asks: readonly Ask[] }

export function withStoredOutput<C extends Reporting>(view: ConductorView, command: C, context: ConductorContext): Sized<C> {
  const task = taskOf(view, command)
  if (task === undefined || view.isTerminal || task.state.kind === 'closed') return { kind: 'sized', command }
  const questions = new Questions(context)
  const changed = command.outputPath === undefined ? sizedHere(view, task, command, context, questions) : referring(view, task, command, questions)
  return questions.asks.length > 0 ? { kind: 'ask', asks: questions.asks } : { kind: 'sized', command: changed }
}

function taskOf(view: ConductorView, command: Reporting): Task | undefined {
  if (command.kind === 'updateByReference') return pending(view, command.reference)
  return executionIdOf(command.attempt) === view.id ? view.attempt(ordinalOf(command.attempt)) : undefined
}

/** The output came with the command. */
function sizedHere<C extends Reporting>(view: ConductorView, task: Task, command: C, context: ConductorContext, { ask, read }: Questions): C {
  const before = merges(command) && task.data.outputPath !== undefined ? read(task.data.outputPath) : null
  const value = before === null ? (command.output ?? {}) : { ...before, ...task.data.output, ...command.output }
  const name = `${task.id}:${task.fence}:output`
  const stored = store({ execution: view.id, name, value }, taskLimits(settingsOf(context).payloads), ask)
  switch (stored.kind) {
    case 'asked':
    case 'here':
      return before === null ? command : { ...command, output: value }
    case 'tooLarge':
      return failed(command, tooLargeForTask(task.id, view.id, stored), true)
    case 'outside': {
      const unfit = problemOf(view, task, command, value)
      const kept = { ...command, output: {}, outputPath: stored.path }
      return unfit === null ? kept : failed(kept, unfit, false)
    }
  }
}

/** It was uploaded before, or a child kept it. */
function referring<C extends Reporting>(view: ConductorView, task: Task, command: C, { ask }: Questions): C {
  const path = command.outputPath ?? ''
  const size = use(path, view.id, ask)
  if (size === null) return failed({ ...withoutPath(command), output: {} }, isMissing(path), true)
  if (size === undefined || !isHeldAgainstSchema(view, task)) return command
  const value = load(path, ask)
  const unfit = value === undefined ? null : problemOf(view, task, command, value ?? {})
  return unfit === null ? command : failed(command, unfit, false)
}

/** These add to what was reported before; the others take its place. */
function merges(command: Reporting): boolean {
  return command.kind === 'updateByReference' || command.kind === 'mock'
}

function isHeldAgainstSchema(view: ConductorView, task: Task): boolean {
  const definition = nodeOf(view, task)?.task.taskDefinition
  return definition?.enforceSchema === true && definition.outputSchema !== null
}

function problemOf(view: ConductorView, task: Task, command: Reporting, output: JsonObject): string | null {
  const completes = 'status' in command ? command.status === 'COMPLETED' || command.status === 'completed' : command.outcome === 'completed'
  return completes ? taskOutputProblem(nodeOf(view, task)?.task.taskDefinition ?? null, output) : null
}

function withoutPath<C extends Reporting>(command: C): C {
  const { outputPath: _, ...rest } = command
  // Only the optional member is gone.
  return rest as unknown as C
}

/** The same report as a failure; `finally`: another try would fail as well. */
function failed<C extends Reporting>(command: C, reason: string, isFinal: boolean): C {
  const output = isFinal ? { output: {} } : {}
  switch (command.kind) {
    case 'update':
    case 'updateByReference':
    case 'mock':
      return { ...command, ...output, status: isFinal ? 'FAILED_WITH_TERMINAL_ERROR' : 'FAILED', reason }
    case 'effectEnded':
      return { ...command, ...output, outcome: isFinal ? 'failedFinally' : 'failed', reason }
    case 'childEnded':
      return { ...command, ...output, status: 'failed', reason }
  }
}
