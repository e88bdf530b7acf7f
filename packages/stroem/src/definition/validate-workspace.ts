import type { Workspace } from './types.js'

export interface DefinitionProblem {
  readonly severity: 'error' | 'warning'
  /** Where: `tasks.build.flow.test`. */
  readonly at: string
  readonly message: string
}

export function validateWorkspace(workspace: Workspace): readonly DefinitionProblem[] {
  return workspace.warnings.map(message => ({ severity: 'warning', at: '', message }))
}
