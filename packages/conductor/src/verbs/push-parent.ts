import type { ExecutionId } from '@busbar/kernel'
import type { ConductorCommand } from '../commands.js'
import type { ConductorView } from '../decide/task.js'
import { titleOf } from './pause.js'

type Resumed = Extract<ConductorCommand, { kind: 'childResumed' }>

interface Push {
  readonly title?: string
  /** Whoever is above this one is not told: it asked for it, and may have ended again. Told, it would ask once more, for ever. */
  readonly upTo?: ExecutionId | undefined
}

/** Tells the owning task of the parent that its child runs again (conductor-semantics.md §9.3). */
export function pushParent(view: ConductorView, verb: Resumed['verb'], { title = titleOf(view), upTo }: Push = {}): void {
  const { parent } = view.execution
  if (parent === null || parent.execution === upTo) return
  const command: Resumed = { kind: 'childResumed', attempt: parent.attempt, child: view.id, verb, title, ...(upTo !== undefined && { upTo }) }
  view.send(parent.execution, { kind: 'command', command: { ...command } })
}
