/** Statements of searches, as search-scan.ts needs them. Both databases get the same ones; where they speak differently stands in their `Speech`. */
import { type AttemptField, type Condition, type ExecutionField, type ExecutionId, type Inside, type SearchField } from '@busbar/kernel'
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

/** Where an execution stands among all, the newest first. */
export interface Place {
  readonly created_at: number
  readonly id: ExecutionId
}

export type Target = 'executions' | 'attempts'

/** How the parts of a search are asked. What indexes serve (`narrow`) comes before what does not (`rest`). */
export class SearchSql {
  readonly rest: readonly Condition[]
  readonly #narrow: readonly Condition[]
  readonly #speech: Speech
  readonly #request: SearchRequest

  constructor(speech: Speech, request: SearchRequest) {
    const parts = conjuncts(plainCondition(request.where))
    this.#speech = speech
    this.#request = request
    this.#narrow = parts.filter(narrows)
    this.rest = parts.filter(one => !narrows(one))
  }

  /** Executions in their own order, where no more than indexes is asked for. */
  page(): SearchStatement {
    const { offset, limit } = this.#request
    const sql = new Writer(this.#speech)
    const text = `SELECT e.id FROM ${this.#narrowed(sql)} ORDER BY e.created_at DESC, e.id DESC LIMIT ${sql.value(limit)} OFFSET ${sql.value(offset)}`
    return { text, values: sql.values }
  }

  count(most: number): SearchStatement {
    const sql = new Writer(this.#speech)
    const text = `SELECT count(*) AS total FROM (SELECT 1 AS one FROM ${this.#narrowed(sql)} LIMIT ${sql.value(most)}) AS found`
    return { text, values: sql.values }
  }

  /** The next executions to look at, with how many attempts they may have. */
  next(after: Place | null, most: number): SearchStatement {
    const sql = new Writer(this.#speech)
    const from = this.#narrowed(sql) + (after ? ` AND ${sql.stands('<', after)}` : '')
    const text = `SELECT e.id, e.created_at, e.last_ordinal FROM ${from} ORDER BY e.created_at DESC, e.id DESC LIMIT ${sql.value(most)}`
    return { text, values: sql.values }
  }

  /** What fulfils the whole condition from one place to another, with what it is sorted by: `o0`, `o1` and so on. */
  found(target: Target, first: Place, last: Place): SearchStatement {
    const sql = new Writer(this.#speech)
    const order = this.#request.order.map(({ field, ranks }, index) => `, ${sql.order(field, ranks)} AS o${index}`)
    const keys = target === 'executions' ? 'e.id, e.created_at, 0 AS ordinal' : 'e.id, e.created_at, a.ordinal'
    const joined = target === 'executions' ? '' : ' CROSS JOIN attempts a'
    const where = this.#narrowed(sql, joined)
    const belongs = target === 'executions' ? [] : ['a.execution_id = e.id']
    const all = [where, ...belongs, sql.stands('<=', first), sql.stands('>=', last), ...this.rest.map(one => sql.condition(one))]
    return { text: `SELECT ${keys}${order.join('')} FROM ${all.join(' AND ')}`, values: sql.values }
  }

  #narrowed(sql: Writer, joined = ''): string {
    const { dialect, namespace } = this.#request
    const where = [
      `${this.#speech.dialect(this.#narrow)} = ${sql.value(dialect)}`,
      `e.namespace = ${sql.value(namespace)}`,
      ...this.#narrow.flatMap(one => sql.narrowed(one)),
    ]
    return `${this.#speech.executions(this.#narrow)}${joined} WHERE ${where.join(' AND ')}`
  }
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

  /** Where it stands towards a place: `<` is behind it in the order of the newest first. */
  stands(how: '<' | '<=' | '>=', { created_at: at, id }: Place): string {
    return `(e.created_at, e.id) ${how} (${this.value(at)}, ${this.value(id)})`
  }

  /** With what the indexes need to hear. */
  narrowed(condition: Condition): readonly string[] {
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

/** Whether one of the conditions names a single row, or few. */
export function isLookup(narrow: readonly Condition[]): boolean {
  return narrow.some(one => one.kind === 'is' && (one.field === 'id' || one.field === 'parent'))
}
