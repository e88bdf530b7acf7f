import type { ConductorCommand } from '../commands.js'
import type { ConductorView } from '../decide/task.js'
import { titleOf } from './pause.js'

type Resumed = Extract<ConductorCommand, { kind: 'childResumed' }>

/** Tells the owning task of the parent that its child runs again (conductor-semantics.md §9.3). */
export function pushParent(view: ConductorView, verb: Resumed['verb'], title = titleOf(view)): void {
  const { parent } = view.execution
  if (parent === null) return
  const command: Resumed = { kind: 'childResumed', attempt: parent.attempt, child: view.id, verb, title }
  view.send(parent.execution, { kind: 'command', command: { ...command } })
}
