/** Messages pushed to a workflow, which its PULL_WORKFLOW_MESSAGES tasks take (conductor-semantics.md §10.22). */
import type { Instant } from '@busbar/kernel'
import type { ConductorCommand, PushReply } from '../commands.js'
import { bookOf } from '../decide/book.js'
import type { ConductorView } from '../decide/task.js'
import { workflowStatus } from '../wire/status.js'

type Push = Extract<ConductorCommand, { kind: 'pushMessage' }>

const messagesMax = 1_000
/** They are written anew with each of them, so all together stay small. */
const charsMax = 1_048_576

export function pushMessage(view: ConductorView, { id, payload }: Push, now: Instant): PushReply {
  const status = workflowStatus(view.status)
  if (view.status !== 'running') return { kind: 'notRunning', status }
  const messages = view.state.messages ?? []
  if (messages.some(message => message.id === id)) return { kind: 'pushed', status }
  const isFull = messages.length >= messagesMax || JSON.stringify(messages).length + JSON.stringify(payload).length > charsMax
  if (isFull) return { kind: 'full', status }
  view.setState({ ...view.state, messages: [...messages, { id, payload, receivedAt: now }] })
  const { runnable } = bookOf(view)
  for (const task of view.openAttempts()) if (task.data.type === 'PULL_WORKFLOW_MESSAGES') runnable.add(task.ordinal)
  return { kind: 'pushed', status }
}
