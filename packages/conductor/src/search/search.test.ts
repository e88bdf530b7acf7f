import { type Condition, isRefusal } from '@busbar/kernel'
import { describe, expect, it } from 'vitest'
import { taskCondition } from './task-search.js'
import { workflowCondition, workflowOrder } from './workflow-search.js'

const all = { freeText: '*', classifiers: [], topLevelOnly: false }

function refusal(query: string): string {
  const condition = workflowCondition({ ...all, query })
  return isRefusal(condition) ? condition.message : 'none'
}

/** The conditions of a query, without the empty ones around. */
function conditions(query: string): readonly Condition[] {
  const condition = workflowCondition({ ...all, query })
  if (isRefusal(condition) || condition.kind !== 'all') throw new Error('no condition')
  const [asked] = condition.of
  return asked?.kind === 'all' ? asked.of : asked ? [asked] : []
}

describe('conditions on workflows', () => {
  it('pass over unknown fields in the simple form, and refuse them in the rich one', () => {
    expect(conditions('colour=red AND version=7')).toEqual([
      { kind: 'all', of: [] },
      { kind: 'all', of: [] },
    ])
    expect(refusal('(colour = red)')).toContain('expected one of the fields workflowId, correlationId')
    expect(conditions('(version = 7)')).toEqual([{ kind: 'is', field: 'version', values: ['7'] }])
  })

  it('say where fields of tasks are searched', () => {
    expect(refusal('taskType=a')).toBe('The condition "taskType=a": taskType is no field of workflows; search by tasks')
  })

  it('take whole numbers for times', () => {
    expect(refusal('startTime>yesterday')).toBe(
      'The condition "startTime>yesterday": startTime expected a whole number (of a time, epoch milliseconds), found "yesterday"',
    )
    expect(refusal('startTime>=5')).toContain('found "=5"')
    expect(refusal('endTime<2026-01-01')).toContain('found "2026-01-01"')
    expect(refusal('(status > RUNNING)')).toContain('compares numbers and times only')
    expect(conditions('startTime>-1')).toEqual([{ kind: 'all', of: [] }])
  })

  it('know the words of statuses, all in one condition', () => {
    expect(conditions('status IN (RUNNING,COMPLETED,nonsense)')).toEqual([{ kind: 'is', field: 'status', values: ['completed', 'running'] }])
    expect(conditions('status=*ED')).toEqual(
      [{ kind: 'is', field: 'status', values: ['completed', 'failed', 'paused', 'cancelled'] }].map(one => expect.objectContaining({ kind: one.kind })),
    )
    expect(conditions('status=running')).toEqual([{ kind: 'is', field: 'status', values: [] }])
  })

  it('sort by what is known and has a direction', () => {
    expect(workflowOrder('nonsense:DESC|startTime:ASC|status|endTime:DESC')).toEqual([
      { field: 'createdAt', descending: false },
      { field: 'endedAt', descending: true },
    ])
    expect(workflowOrder('toString:ASC')).toEqual([])
  })

  it('refuse a free text that is too long', () => {
    expect(workflowCondition({ ...all, query: '', freeText: 'x'.repeat(201) })).toMatchObject({ kind: 'refusal' })
  })
})

describe('conditions on tasks', () => {
  it('find a task by its id, and none by what is no id', () => {
    expect(JSON.stringify(taskCondition('taskId=018bcfe5-6800-7000-8000-000000000007', '*'))).toContain('"ordinal","values":[7]')
    expect(JSON.stringify(taskCondition('taskId=x', '*'))).toContain('{"kind":"is","field":"id","values":[]}')
  })

  it('say where fields of workflows are searched', () => {
    expect(taskCondition('classifier=a', '*')).toMatchObject({ message: 'The condition "classifier=a": classifier is no field of tasks; search workflows' })
  })
})
