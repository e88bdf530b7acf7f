/**
 * What an author should hear before a job fails (strom-server.md §7.6). The server loads a workspace with errors all
 * the same; they hurt only the jobs that meet them.
 *
 * Left out: cron expressions (checked where schedules are computed), fields that do not belong to the type of their
 * action (the loader drops them), and the settings of agents.
 */
import { checkAction } from './check-action.js'
import { checkConnections, checkSecrets } from './check-connections.js'
import { checkHooks, checkTask } from './check-task.js'
import { checkTrigger } from './check-trigger.js'
import { type DefinitionProblem, Problems } from './problems.js'
import type { Workspace } from './types.js'

export type { DefinitionProblem } from './problems.js'

export function validateWorkspace(workspace: Workspace): readonly DefinitionProblem[] {
  const problems = new Problems()
  for (const warning of workspace.warnings) problems.warn(warning)
  checkSecrets(workspace.secrets, problems.inside('secrets'))
  checkConnections(workspace, problems)
  for (const [name, action] of Object.entries(workspace.actions)) checkAction(action, workspace, problems.inside(`actions.${name}`))
  for (const [id, task] of Object.entries(workspace.tasks)) checkTask(id, task, workspace, problems.inside(`tasks.${id}`))
  for (const [name, trigger] of Object.entries(workspace.triggers)) checkTrigger(trigger, workspace, problems.inside(`triggers.${name}`))
  checkHooks(workspace.hooks, null, workspace, problems)
  checkAlike(Object.keys(workspace.tasks), problems.inside('tasks'))
  checkAlike(Object.keys(workspace.mcpServers), problems.inside('mcp_servers'))
  return problems.found
}

/** Dashes become underscores where templates and tools use the names. */
function checkAlike(names: readonly string[], problems: Problems): void {
  const seen = new Map<string, string>()
  for (const name of names) {
    const plain = name.replaceAll('-', '_')
    const other = seen.get(plain)
    if (other !== undefined) problems.error(`'${other}' and '${name}' are the same name to templates: rename one`)
    else seen.set(plain, name)
  }
}
