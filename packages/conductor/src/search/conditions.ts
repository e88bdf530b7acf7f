/** From a query that was read to what the store looks for, by a table of fields. */
import { type Condition, isRefusal, refuse, type Refusal } from '@busbar/kernel'
import type { Field } from './field.js'
import { parseQuery } from './parse-query.js'
import type { ParsedQuery, Query } from './query.js'

export interface Fields {
  /** What is searched, for messages. */
  readonly of: 'workflows' | 'tasks'
  readonly byName: Readonly<Record<string, Field>>
  /** Those that the simple form knows. In it all others are passed over, as in the original. */
  readonly simple: ReadonlySet<string>
  /** Fields that are not here but elsewhere, with the way to go. */
  readonly elsewhere: Readonly<Record<string, string>>
}

export function conditionOf(text: string, fields: Fields): Condition | Refusal {
  const parsed = parseQuery(text)
  return isRefusal(parsed) ? parsed : translated(parsed.query, parsed.form, fields)
}

function translated(query: Query, form: ParsedQuery['form'], fields: Fields): Condition | Refusal {
  if (query.kind !== 'condition') {
    const of: Condition[] = []
    for (const one of query.of) {
      const condition = translated(one, form, fields)
      if (isRefusal(condition)) return condition
      of.push(condition)
    }
    return { kind: query.kind === 'and' ? 'all' : 'any', of }
  }
  const hint = fields.elsewhere[query.field]
  if (hint !== undefined) return refuse('invalid', `The condition "${query.text}": ${query.field} is no field of ${fields.of}; ${hint}`)
  const field = Object.hasOwn(fields.byName, query.field) ? fields.byName[query.field] : undefined
  if (form === 'simple' && !fields.simple.has(query.field)) return { kind: 'all', of: [] }
  if (field === undefined) {
    return refuse('invalid', `The condition "${query.text}": expected one of the fields ${Object.keys(fields.byName).join(', ')}, found ${query.field}`)
  }
  const condition = field(query.test)
  return isRefusal(condition) ? refuse('invalid', `The condition "${query.text}": ${query.field} ${condition.message}`) : condition
}
