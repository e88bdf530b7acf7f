/** Reading a definition that somebody sent, and refusing one that is wrong, with every violation in one answer. */
import {
  parseTaskDef,
  parseWorkflowDef,
  scriptsToCheck,
  scriptViolation,
  type TaskDef,
  taskNames,
  validateTaskDef,
  validateWorkflowDef,
  type Violation,
  type WorkflowDef,
} from '@busbar/conductor'
import type { EngineApi } from '@busbar/engine'
import { isRefusal, type Json } from '@busbar/kernel'
import { throwIfRefused } from '../http/problem.js'
import { violated } from './violations.js'

export interface Definitions {
  /** `path` names the parameter of the original's service call in violations, e.g. `registerWorkflowDef.arg0`. */
  mustWorkflowDef(source: Json, path: string): Promise<WorkflowDef>
}

export type EnvironmentNames = (name: string) => boolean

export function definitionsOf(engine: EngineApi, environment: EnvironmentNames): Definitions {
  return {
    async mustWorkflowDef(source, path) {
      const def = throwIfRefused(parseWorkflowDef(source))
      const stored = await storedTaskDefs(engine, def)
      const violations = validateWorkflowDef(def, { environment, taskDef: name => stored.get(name), source })
      const all = [...violations, ...(await scriptViolations(engine, def))]
      if (all.length > 0) throw violated(below(path, all))
      return def
    },
  }
}

/** All of a list or none of it. */
export function mustTaskDefs(sources: readonly Json[], path: (index: number) => string): readonly TaskDef[] {
  const defs = sources.map(source => throwIfRefused(parseTaskDef(source)))
  const violations = defs.flatMap((def, index) => below(path(index), validateTaskDef(def, { source: sources[index] })))
  if (violations.length > 0) throw violated(violations)
  return defs
}

function below(path: string, violations: readonly Violation[]): readonly Violation[] {
  return violations.map(violation => ({ ...violation, path: violation.path === '' ? path : `${path}.${violation.path}` }))
}

/** Their input templates may supply what a task of the definition lacks. */
async function storedTaskDefs(engine: EngineApi, def: WorkflowDef): Promise<ReadonlyMap<string, TaskDef>> {
  const found = new Map<string, TaskDef>()
  for (const name of taskNames(def)) {
    const stored = await engine.definition('task', '', name, null)
    const parsed = stored && parseTaskDef(JSON.parse(stored.body))
    if (parsed && !isRefusal(parsed)) found.set(name, parsed)
  }
  return found
}

/** The sandbox compiles a script without running it. */
async function scriptViolations(engine: EngineApi, def: WorkflowDef): Promise<readonly Violation[]> {
  const found: Violation[] = []
  for (const script of scriptsToCheck(def)) {
    const answer = await engine.evaluate('new Function($.code); null', { code: script.code })
    if (!answer.ok) found.push(scriptViolation(script, answer.message))
  }
  return found
}
