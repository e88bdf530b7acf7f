import { isRefusal, type JsonObject } from '@busbar/kernel'
import { describe, expect, it } from 'vitest'
import { parseTaskDef } from './parse-task-def.js'
import { type TaskDefRules, validateTaskDef } from './validate-task-def.js'

function violations(json: JsonObject, rules: TaskDefRules = {}) {
  const def = parseTaskDef(json)
  if (isRefusal(def)) throw new Error(def.message)
  return validateTaskDef(def, { source: json, ...rules })
}

describe('a task definition', () => {
  it.each<[JsonObject, string, string, string]>([
    [{ retryCount: -1 }, 'retryCount', 'TaskDef retryCount: 0 must be >= 0', '-1'],
    [{ responseTimeoutSeconds: 0 }, 'responseTimeoutSeconds', 'TaskDef responseTimeoutSeconds: 0 should be minimum 1 second', '0'],
    [{ pollTimeoutSeconds: -2 }, 'pollTimeoutSeconds', 'TaskDef pollTimeoutSeconds: 0 must be >= 0', '-2'],
    [{ backoffScaleFactor: 0 }, 'backoffScaleFactor', 'Backoff scale factor. Applicable for LINEAR_BACKOFF', '0'],
    [{ maxRetryDelaySeconds: -1 }, 'maxRetryDelaySeconds', 'TaskDef maxRetryDelaySeconds: 0 must be >= 0', '-1'],
    [{ backoffJitterMs: -1 }, 'backoffJitterMs', 'TaskDef backoffJitterMs: 0 must be >= 0', '-1'],
    [{ totalTimeoutSeconds: -1 }, 'totalTimeoutSeconds', 'TaskDef totalTimeoutSeconds: 0 must be >= 0', '-1'],
  ])('%j breaks a rule', (json, path, message, invalidValue) => {
    expect(violations({ name: 't', ...json })).toEqual([{ path, message, invalidValue }])
  })

  it('needs a name', () => {
    const broken = { path: 'name', message: 'TaskDef name cannot be null or empty' }
    expect(violations({})).toEqual([broken])
    expect(violations({ name: null })).toEqual([broken])
    expect(violations({ name: '' })).toEqual([{ ...broken, invalidValue: '' }])
  })

  it('needs time-outs that fit into each other', () => {
    expect(violations({ name: 't', timeoutSeconds: 10 })).toEqual([
      { path: '', message: 'TaskDef: t responseTimeoutSeconds: 3600 must be less than timeoutSeconds: 10' },
    ])
    expect(violations({ name: 't', timeoutSeconds: 20, responseTimeoutSeconds: 5, totalTimeoutSeconds: 10 })).toEqual([
      { path: '', message: 'TaskDef: t timeoutSeconds: 20 must be less than or equal to totalTimeoutSeconds: 10' },
    ])
    expect(violations({ name: 't', timeoutSeconds: 20, responseTimeoutSeconds: 20, totalTimeoutSeconds: 20 })).toEqual([])
  })

  it('needs an owner only where the server says so', () => {
    expect(violations({ name: 't' })).toEqual([])
    expect(violations({ name: 't' }, { ownerEmailMandatory: true })).toEqual([{ path: 'ownerEmail', message: 'ownerEmail cannot be empty' }])
  })
})
