/**
 * Statements of searches. Both databases get the same one; where they speak differently stands in their `Speech`. A search is
 * made of two floors: below, the newest executions that an index leaves, bounded; above, the whole condition.
 */
import { always, type AttemptField, type Condition, type ExecutionField, type ExecutionId, type Inside, type SearchField } from '@busbar/kernel'
import { countedAheadMax, searchedMax } from './limits.js'
import { conjuncts, narrows, plainCondition, type SearchRequest } from './search.js'
import type { Column } from './rows.js'

export interface Speech {
  /** How the n-th value is written in the text, from 1. */
  readonly place: (n: number, value: Column) => string
  /** The JSON text in which the fields inside stand. */
  readonly payload: (of: Inside['in']) => string
  /** A field inside JSON, as text. `path` is the place of a value that was made by `path`, written once. */
  readonly inside: (payload: string, path: string) => string
  readonly path: (names: readonly string[]) => string
  /** A text, written once, as a number; null when it is none. */
  readonly number: (text: string) => string
  /** `pattern` is the place of a text with % and _, escaped by backslashes. */
  readonly like: (text: string, pattern: string) => string
  readonly contains: (text: string, part: string) => string
  /** The table of the executions as `e`, with the index that is to be taken where the database would choose badly. */
  readonly executions: (narrow: readonly Condition[]) => string
  /** How the dialect is named beside these conditions. */
  readonly dialect: (narrow: readonly Condition[]) => string
  /** The keys of the attempts `t` of the executions `e`, in the order of `e`. */
  readonly keysOf: (executions: string) => string
  /** `x`, which has keys, joined with their executions `e` and attempts `a`. */
  readonly rowsOf: (keys: string) => string
}

export interface SearchStatement {
  readonly text: string
  readonly values: readonly Column[]
}

const executionColumns: Readonly<Record<ExecutionField, string>> = {
  id: 'e.id',
  name: 'e.name',
  version: 'e.label_version',
  handle: "nullif(e.handle, '')",
  status: 'e.status',
  parent: "(substr(e.parent, 1, 30) || '000000')",
  createdAt: 'e.created_at',
  updatedAt: 'e.updated_at',
  endedAt: 'e.ended_at',
}
const attemptColumns: Readonly<Record<AttemptField, string>> = {
  ordinal: 'a.ordinal',
  key: 'a.key',
  number: 'a.number',
  queue: 'a.queue',
  state: 'a.state',
  stateAt: 'a.state_at',
  outcome: 'a.outcome',
  openedAt: 'a.opened_at',
  firstClaimedAt: 'a.first_claimed_at',
  lastWorker: 'a.last_worker',
}
const columns: ReadonlyMap<unknown, string> = new Map(Object.entries({ ...executionColumns, ...attemptColumns }))

interface Target {
  readonly key: string
  readonly last: string
  /** What the condition is asked of, made of the executions that were narrowed. */
  readonly from: (executions: string) => string
}

export interface SearchStatements {
  /** The keys of a page. */
  readonly page: SearchStatement
  readonly count: SearchStatement
}

export function executionsSearch(speech: Speech, request: SearchRequest): SearchStatements {
  return bothOf(speech, request, { key: 'e.id', last: 'e.created_at DESC, e.id DESC', from: executions => `${executions} e` })
}

export function attemptsSearch(speech: Speech, request: SearchRequest): SearchStatements {
  const from = (executions: string) => speech.rowsOf(`(${speech.keysOf(`${executions} e`)} LIMIT ${searchedMax}) x`)
  return bothOf(speech, request, { key: 'a.execution_id, a.ordinal', last: 'e.created_at DESC, e.id DESC, a.ordinal DESC', from })
}

function bothOf(speech: Speech, request: SearchRequest, { key, last, from }: Target): SearchStatements {
  const where = plainCondition(request.where)
  const page = new Writer(speech)
  const found = page.source(request, where, from)
  const order = request.order.map(({ field, ranks, descending }) => `${page.order(field, ranks)} ${descending ? 'DESC NULLS LAST' : 'ASC NULLS FIRST'}`)
  const pageText = `SELECT ${key} ${found} ORDER BY ${[...order, last].join(', ')} LIMIT ${page.value(request.limit)} OFFSET ${page.value(request.offset)}`
  const count = new Writer(speech)
  const counted = count.source(request, where, from)
  const countText = `SELECT count(*) AS total FROM (SELECT 1 AS one ${counted} LIMIT ${count.value(request.offset + request.limit + countedAheadMax)}) AS found`
  return { page: { text: pageText, values: page.values }, count: { text: countText, values: count.values } }
}

class Writer {
  readonly values: Column[] = []
  readonly #speech: Speech

  constructor(speech: Speech) {
    this.#speech = speech
  }

  value(value: Column): string {
    this.values.push(value)
    return this.#speech.place(this.values.length, value)
  }

  /** FROM and WHERE of both floors. */
  source({ dialect, namespace }: SearchRequest, where: Condition, from: Target['from']): string {
    const narrow = conjuncts(where).filter(narrows)
    const lower = [`${this.#speech.dialect(narrow)} = ${this.value(dialect)}`, `e.namespace = ${this.value(namespace)}`, ...narrow.flatMap(one => this.#narrowed(one))]
    const executions = `(SELECT e.* FROM ${this.#speech.executions(narrow)} WHERE ${lower.join(' AND ')} ORDER BY e.created_at DESC, e.id DESC LIMIT ${searchedMax})`
    const rest = conjuncts(where).filter(one => !narrows(one))
    const upper = this.condition(rest.length === 0 ? always : { kind: 'all', of: rest })
    return `FROM ${from(executions)} WHERE ${upper}`
  }

  /** With what the indexes need to hear. */
  #narrowed(condition: Condition): readonly string[] {
    if (condition.kind !== 'is') return [this.condition(condition)]
    if (condition.field === 'handle') return [`e.handle IN (${this.#list(condition.values)})`, "e.handle <> ''"]
    if (condition.field === 'status' && !condition.values.includes('completed')) return [this.condition(condition), "e.status <> 'completed'"]
    // A child's id begins with the moment of its parent's (kernel/ids.ts), so the key of the table finds it.
    if (condition.field === 'parent') return [this.condition(condition), `(${condition.values.map(value => this.#begunWith(String(value))).join(' OR ')})`]
    return [this.condition(condition)]
  }

  #begunWith(id: string): string {
    const moment = id.slice(0, 13)
    return `(e.id >= ${this.value(moment)} AND e.id < ${this.value(`${moment}.`)})`
  }

  condition(condition: Condition): string {
    switch (condition.kind) {
      case 'all':
        return condition.of.length === 0 ? '1 = 1' : `(${condition.of.map(one => this.condition(one)).join(' AND ')})`
      case 'any':
        return condition.of.length === 0 ? '1 = 0' : `(${condition.of.map(one => this.condition(one)).join(' OR ')})`
      case 'not':
        return `NOT coalesce(${this.condition(condition.of)}, 1 = 0)`
      case 'having':
        return `EXISTS (SELECT 1 FROM attempts a WHERE a.execution_id = e.id AND ${this.condition(condition.of)})`
      case 'absent':
        return `${this.#text(condition.field)} IS NULL`
      case 'is':
        return this.#is(condition.field, condition.values)
      case 'above':
      case 'below':
        return `${this.#number(condition.field)} ${condition.kind === 'above' ? '>' : '<'} ${this.value(condition.value)}`
      case 'like':
        return this.#speech.like(this.#text(condition.field), this.value(likeOf(condition.pattern)))
      case 'contains':
        return this.#speech.contains(this.#text(condition.field), this.value(condition.text))
    }
  }

  order(field: SearchField, ranks?: readonly string[]): string {
    if (!ranks) return this.#text(field)
    return `CASE ${this.#text(field)} ${ranks.map((value, rank) => `WHEN ${this.value(value)} THEN ${rank}`).join(' ')} ELSE ${ranks.length} END`
  }

  #is(field: SearchField, values: readonly (string | number)[]): string {
    const kind = kindOf(field)
    const wanted = kind === 'number' ? values.map(Number).filter(Number.isSafeInteger) : values.map(String)
    return wanted.length === 0 ? '1 = 0' : `${this.#text(field)} IN (${this.#list(wanted)})`
  }

  #list(values: readonly (string | number)[]): string {
    return values.map(value => this.value(value)).join(', ')
  }

  /** As it stands, or as text. */
  #text(field: SearchField): string {
    if (typeof field === 'string') return columns.get(field) ?? 'NULL'
    const payload = this.#speech.payload(field.in)
    return field.path.length === 0 ? payload : this.#speech.inside(payload, this.value(this.#speech.path(field.path)))
  }

  #number(field: SearchField): string {
    return kindOf(field) === 'number' ? this.#text(field) : this.#speech.number(this.#text(field))
  }
}

const numbers: ReadonlySet<unknown> = new Set<ExecutionField | AttemptField>([
  ...(['createdAt', 'updatedAt', 'endedAt', 'ordinal', 'number', 'stateAt', 'openedAt', 'firstClaimedAt'] as const),
])

function kindOf(field: SearchField): 'number' | 'text' {
  return numbers.has(field) ? 'number' : 'text'
}

function likeOf(pattern: string): string {
  return pattern.replace(/[\\%_]/g, '\\$&').replace(/\*/g, '%')
}

export interface AttemptKey {
  readonly execution_id: ExecutionId
  readonly ordinal: number
}

/** Puts rows that were read by their keys back into the order of the keys. */
export function inOrder<Row>(keys: readonly string[], rows: readonly Row[], keyOf: (row: Row) => string): readonly Row[] {
  const known = new Map(rows.map(row => [keyOf(row), row]))
  return keys.flatMap(key => known.get(key) ?? [])
}

export function attemptKey({ execution_id: execution, ordinal }: AttemptKey): string {
  return `${execution}:${ordinal}`
}

/** Whether one of the conditions names a single row, or few. */
export function isLookup(narrow: readonly Condition[]): boolean {
  return narrow.some(one => one.kind === 'is' && (one.field === 'id' || one.field === 'parent'))
}
