/** The rules for task definitions and their messages (conductor-api.md §1.4). */
import { isJsonObject } from '@busbar/kernel'
import type { TaskDef } from './types.js'
import { type Violation, violation } from './violation.js'

export interface TaskDefRules {
  readonly ownerEmailMandatory?: boolean
  /** The JSON it was read from: tells an empty name from none in `invalidValue`. */
  readonly source?: unknown
}

export function validateTaskDef(def: TaskDef, rules: TaskDefRules = {}): readonly Violation[] {
  return [...fieldViolations(def, rules), ...timeoutViolations(def)]
}

function* fieldViolations(def: TaskDef, rules: TaskDefRules): IterableIterator<Violation> {
  if (def.name === '') yield violation('name', 'TaskDef name cannot be null or empty', isJsonObject(rules.source) ? rules.source['name'] : undefined)
  if (rules.ownerEmailMandatory && (def.ownerEmail ?? '') === '') yield violation('ownerEmail', 'ownerEmail cannot be empty', def.ownerEmail)
  if (def.responseTimeoutSeconds < 1) {
    const message = `TaskDef responseTimeoutSeconds: ${def.responseTimeoutSeconds} should be minimum 1 second`
    yield violation('responseTimeoutSeconds', message, def.responseTimeoutSeconds)
  }
  if (def.backoffScaleFactor < 1) yield violation('backoffScaleFactor', 'Backoff scale factor. Applicable for LINEAR_BACKOFF', def.backoffScaleFactor)
  for (const field of notNegative) {
    const value = def[field]
    if (value !== null && value < 0) yield violation(field, `TaskDef ${field}: 0 must be >= 0`, value)
  }
}

const notNegative = ['retryCount', 'pollTimeoutSeconds', 'maxRetryDelaySeconds', 'backoffJitterMs', 'totalTimeoutSeconds'] as const

function* timeoutViolations(def: TaskDef): IterableIterator<Violation> {
  const { name, timeoutSeconds, responseTimeoutSeconds, totalTimeoutSeconds } = def
  if (timeoutSeconds > 0 && responseTimeoutSeconds > timeoutSeconds) {
    yield violation('', `TaskDef: ${name} responseTimeoutSeconds: ${responseTimeoutSeconds} must be less than timeoutSeconds: ${timeoutSeconds}`)
  }
  if (timeoutSeconds > 0 && totalTimeoutSeconds > 0 && timeoutSeconds > totalTimeoutSeconds) {
    yield violation('', `TaskDef: ${name} timeoutSeconds: ${timeoutSeconds} must be less than or equal to totalTimeoutSeconds: ${totalTimeoutSeconds}`)
  }
}
