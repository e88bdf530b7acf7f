/** What searches of tasks know, by the names of the summary (conductor-api.md §4.12). */
import {
  type AttemptId,
  type Condition,
  executionIdOf,
  isRefusal,
  ordinalOf,
  parseAttemptId,
  type Refusal,
  type SearchField,
  type SearchOrder,
} from '@busbar/kernel'
import { outcomeWords } from '../wire/status.js'
import { conditionOf, type Fields } from './conditions.js'
import { eitherField, type Field, numberField, payloadField, textField, wordField } from './field.js'
import { freeTextCondition } from './free-text.js'
import { ordersOf } from './sort.js'

const brief = (...path: string[]): SearchField => ({ in: 'brief', path })
const data = (...path: string[]): SearchField => ({ in: 'data', path })
const all = (...of: Condition[]): Condition => ({ kind: 'all', of })
const any = (...of: Condition[]): Condition => ({ kind: 'any', of })
const not = (of: Condition): Condition => ({ kind: 'not', of })
const absent = (field: SearchField): Condition => ({ kind: 'absent', field })
const is = (field: SearchField, ...values: string[]): Condition => ({ kind: 'is', field, values })
const above = (field: SearchField, value: number): Condition => ({ kind: 'above', field, value })

/** As `taskStatus` tells it. */
const statuses: Readonly<Record<string, Condition>> = {
  SCHEDULED: any(is('state', 'waiting'), all(is('state', 'held'), not(absent(data('startAt'))))),
  IN_PROGRESS: any(is('state', 'leased'), all(is('state', 'held'), absent(data('startAt')))),
  ...Object.fromEntries(Object.entries(outcomeWords).map(([outcome, word]) => [word, is('outcome', outcome)])),
}

// As `taskTimes` tells them.
const started = (value: number): Condition =>
  any(all(absent('queue'), absent(data('startAt')), above('openedAt', value)), all(not(absent('queue')), above('firstClaimedAt', value)))
const ended = (value: number): Condition => all(is('state', 'closed'), above('stateAt', value))
const updated = (value: number): Condition =>
  any(
    all(is('state', 'closed', 'leased'), above('stateAt', value)),
    all(is('state', 'held'), not(is(data('type'), 'WAIT')), above('stateAt', value)),
    all(not(is('state', 'held')), above('firstClaimedAt', value)),
    above(data('updatedAt'), value),
  )

/** The original indexes a task at its first update: one that only waits for a worker is not found. */
const isIndexed = updated(0)

const taskId: Field = test => {
  if (test.op !== 'in' && test.op !== 'notIn') return textField('id')(test)
  const ids = test.values.flatMap(value => parseAttemptId(value) ?? [])
  const one = (id: AttemptId): Condition => all(is('id', executionIdOf(id)), { kind: 'is', field: 'ordinal', values: [ordinalOf(id)] })
  const found = all(is('id', ...new Set(ids.map(executionIdOf))), any(...ids.map(one)))
  return test.op === 'in' ? found : not(found)
}

const fields: Fields = {
  of: 'tasks',
  byName: {
    workflowId: textField('id'),
    workflowType: textField('name'),
    correlationId: textField('handle'),
    taskId,
    taskType: textField(data('type')),
    taskDefName: eitherField(data('name'), data('type')),
    referenceTaskName: textField('key'),
    status: wordField(statuses),
    scheduledTime: numberField(value => above('openedAt', value)),
    startTime: numberField(started),
    updateTime: numberField(updated),
    endTime: numberField(ended),
    reasonForIncompletion: textField(data('reason')),
    workerId: eitherField(data('workerId'), 'lastWorker'),
    domain: textField(data('domain')),
    retryCount: numberField(value => above('number', value)),
    workflowPriority: numberField(value => above(brief('priority'), value)),
    input: payloadField(data('input')),
    output: payloadField(data('output')),
  },
  simple: new Set(['workflowId', 'correlationId', 'workflowType', 'startTime', 'endTime', 'status', 'taskId', 'taskType', 'taskDefName', 'updateTime']),
  elsewhere: { parentWorkflowId: 'search workflows', classifier: 'search workflows' },
}

export function taskCondition(query: string, freeText: string): Condition | Refusal {
  const asked = conditionOf(query, fields)
  if (isRefusal(asked)) return asked
  const text = freeTextCondition(freeText, ['id', 'name', 'handle', 'key', data()], statuses)
  return isRefusal(text) ? text : all(asked, isIndexed, text)
}

/** Workflows that have such a task. What the query says of the workflow itself stands beside that too, so that an index serves it. */
export function workflowByTaskCondition(query: string, freeText: string): Condition | Refusal {
  const condition = taskCondition(query, freeText)
  return isRefusal(condition) ? condition : all(...conjuncts(condition).filter(isOfWorkflow), { kind: 'having', of: condition })
}

function conjuncts(condition: Condition): readonly Condition[] {
  return condition.kind === 'all' ? condition.of.flatMap(conjuncts) : [condition]
}

function isOfWorkflow(condition: Condition): boolean {
  return condition.kind === 'is' && (condition.field === 'id' || condition.field === 'name' || condition.field === 'handle')
}

const sortable: Readonly<Record<string, Omit<SearchOrder, 'descending'>>> = {
  workflowId: { field: 'id' },
  workflowType: { field: 'name' },
  correlationId: { field: 'handle' },
  taskType: { field: data('type') },
  taskDefName: { field: data('type') },
  referenceTaskName: { field: 'key' },
  scheduledTime: { field: 'openedAt' },
  startTime: { field: 'firstClaimedAt' },
  updateTime: { field: 'stateAt' },
  endTime: { field: 'stateAt' },
  status: { field: 'outcome', ranks: ['cancelled', 'completed', 'tolerated', 'failed', 'failedFinally', 'skipped', 'timedOut'] },
}

export function taskOrder(sort: string): readonly SearchOrder[] {
  return ordersOf(sort, sortable)
}
