/** A test run: what would act outside waits for a mocked result instead (conductor-semantics.md §15). */
import { executionIdOf, type Instant, ordinalOf, refuse, type Refusal } from '@busbar/kernel'
import type { ConductorCommand, UpdateReply } from '../commands.js'
import type { ConductorView } from '../decide/task.js'
import { withMergedOutput, replyOf, report } from './update.js'

type Mock = Extract<ConductorCommand, { kind: 'mock' }>

/** Ends an open task as if it had been worked on; its output is merged, its times are those of the mock. */
export function mock(view: ConductorView, command: Mock, now: Instant): UpdateReply | Refusal {
  if (view.brief.isTest !== true) return refuse('conflict', `The workflow ${view.id} is not a test run; its tasks take no mocked results`)
  const task = executionIdOf(command.attempt) === view.id ? view.attempt(ordinalOf(command.attempt)) : undefined
  if (task === undefined) return refuse('missing', `No such task found by id: ${command.attempt}`)
  if (task.state.kind === 'closed' || view.isTerminal) return replyOf(view, task, false)
  const { executionMs, queueWaitMs } = command
  const began = { scheduled: now - executionMs - queueWaitMs, started: now - executionMs }
  report(view, task, command.status, now, {
    ...withMergedOutput(task.data, command),
    ...(command.reason != null && { reason: command.reason }),
    ...(executionMs + queueWaitMs > 0 && { began }),
  })
  return replyOf(view, task, true)
}
