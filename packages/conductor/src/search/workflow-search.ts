/** What searches of workflows know, by the names of the summary (conductor-api.md §4.11). */
import { always, type Condition, isRefusal, type Refusal, type SearchField, type SearchOrder } from '@busbar/kernel'
import { plainWorkflow } from '../definition/classifier.js'
import { executionStatusOf, workflowStatuses } from '../wire/status.js'
import { conditionOf, type Fields } from './conditions.js'
import { type Field, listField, numberField, payloadField, textField, wordField } from './field.js'
import { freeTextCondition } from './free-text.js'
import { ordersOf } from './sort.js'

const brief = (...path: string[]): SearchField => ({ in: 'brief', path })
const state = (...path: string[]): SearchField => ({ in: 'state', path })
const not = (of: Condition): Condition => ({ kind: 'not', of })
const above =
  (field: SearchField) =>
  (value: number): Condition => ({ kind: 'above', field, value })
const below =
  (field: SearchField) =>
  (value: number): Condition => ({ kind: 'below', field, value })

export const statusWords: Readonly<Record<string, Condition>> = Object.fromEntries(
  workflowStatuses.map(word => [word, { kind: 'is', field: 'status', values: [executionStatusOf(word)] }]),
)

/** 0 as long as it has only waited for people: see `updateTimeOf`. */
const wasUpdated: Condition = {
  kind: 'any',
  of: [
    not({ kind: 'is', field: 'status', values: ['running'] }),
    not({ kind: 'absent', field: state('lastRetriedTime') }),
    { kind: 'absent', field: state('untouched') },
  ],
}

/** A plain workflow is one that says nothing else. */
const classifier: Field = test => {
  const field = brief('classifier')
  const plain: Condition = { kind: 'absent', field }
  if (test.op === 'in' && test.values.includes(plainWorkflow)) return { kind: 'any', of: [plain, { kind: 'is', field, values: test.values }] }
  if (test.op === 'notIn' && test.values.includes(plainWorkflow)) return not({ kind: 'any', of: [plain, { kind: 'is', field, values: test.values }] })
  return textField(field)(test)
}

const fields: Fields = {
  of: 'workflows',
  byName: {
    workflowId: textField('id'),
    correlationId: textField('handle'),
    workflowType: textField('name'),
    version: textField('version'),
    status: statusField(),
    startTime: numberField(above('createdAt'), below('createdAt')),
    updateTime: numberField(value => ({ kind: 'all', of: [above('updatedAt')(value), wasUpdated] })),
    endTime: numberField(above('endedAt')),
    parentWorkflowId: textField('parent'),
    classifier,
    reasonForIncompletion: textField(state('reason')),
    event: textField(brief('event')),
    priority: numberField(above(brief('priority'))),
    idempotencyKey: textField(brief('idempotencyKey')),
    failedReferenceTaskNames: listField(state('failedRefs')),
    failedTaskNames: listField(state('failedNames')),
    input: payloadField(brief('input')),
    output: payloadField(state('output')),
  },
  simple: new Set(['workflowId', 'correlationId', 'workflowType', 'startTime', 'endTime', 'status', 'updateTime', 'parentWorkflowId', 'classifier']),
  elsewhere: { taskId: 'search by tasks', taskType: 'search by tasks', taskDefName: 'search by tasks' },
}

/** One `is` for all statuses that are wanted, so that an index serves it. */
function statusField(): Field {
  const field = wordField(statusWords)
  return test => {
    const condition = field(test)
    return condition.kind === 'any' ? { kind: 'is', field: 'status', values: condition.of.flatMap(one => (one.kind === 'is' ? one.values : [])) } : condition
  }
}

export interface WorkflowQuery {
  readonly query: string
  readonly freeText: string
  /** Kinds of workflows; empty: all. */
  readonly classifiers: readonly string[]
  readonly topLevelOnly: boolean
}

export function workflowCondition({ query, freeText, classifiers, topLevelOnly }: WorkflowQuery): Condition | Refusal {
  const asked = conditionOf(query, fields)
  if (isRefusal(asked)) return asked
  const text = freeTextCondition(freeText, ['id', 'name', 'handle', 'parent', brief(), state()], statusWords)
  if (isRefusal(text)) return text
  const kinds = classifiers.length === 0 ? always : classifier({ op: 'in', values: classifiers })
  if (isRefusal(kinds)) return kinds
  return { kind: 'all', of: [asked, text, kinds, topLevelOnly ? { kind: 'absent', field: 'parent' } : always] }
}

const sortable: Readonly<Record<string, Omit<SearchOrder, 'descending'>>> = {
  workflowId: { field: 'id' },
  correlationId: { field: 'handle' },
  workflowType: { field: 'name' },
  version: { field: 'version' },
  status: { field: 'status', ranks: workflowStatuses.map(executionStatusOf) },
  startTime: { field: 'createdAt' },
  updateTime: { field: 'updatedAt' },
  endTime: { field: 'endedAt' },
  parentWorkflowId: { field: 'parent' },
  classifier: { field: brief('classifier') },
}

export function workflowOrder(sort: string): readonly SearchOrder[] {
  return ordersOf(sort, sortable)
}
