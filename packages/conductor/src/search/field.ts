/** What a field of a summary is made of in the store, and which tests it bears. */
import { always, type Condition, never, refuse, type Refusal, type SearchField } from '@busbar/kernel'
import type { Test } from './query.js'

/** The condition of one test; a refusal when the field cannot be asked that. */
export type Field = (test: Test) => Condition | Refusal

const all = (...of: Condition[]): Condition => ({ kind: 'all', of })
const any = (...of: Condition[]): Condition => ({ kind: 'any', of })
const not = (of: Condition): Condition => ({ kind: 'not', of })

/** An empty text and none are the same to clients. */
export function textField(field: SearchField): Field {
  return test => {
    switch (test.op) {
      case 'in':
        return test.values.includes('') ? any({ kind: 'absent', field }, is(field, test.values)) : is(field, test.values)
      case 'like':
        return { kind: 'like', field, pattern: test.pattern }
      case 'null':
        return { kind: 'absent', field }
      default:
        return denied(test, textField(field)) ?? refuse('invalid', 'compares numbers and times only')
    }
  }
}

/** The value of the first field that is there. */
export function eitherField(first: SearchField, second: SearchField): Field {
  const [one, other] = [textField(first), textField(second)]
  return test => {
    const [a, b] = [one(test), other(test)]
    if (a.kind === 'refusal') return a
    if (b.kind === 'refusal') return b
    return any(all(not({ kind: 'absent', field: first }), a), all({ kind: 'absent', field: first }, b))
  }
}

/** One word of a closed list, each with the condition that stands for it. */
export function wordField(words: Readonly<Record<string, Condition>>): Field {
  const those = (isWanted: (word: string) => boolean): Condition => any(...Object.keys(words).flatMap(word => (isWanted(word) ? (words[word] ?? []) : [])))
  const field: Field = test => {
    switch (test.op) {
      case 'in':
        return those(word => test.values.includes(word))
      case 'like': {
        const pattern = new RegExp(`^${test.pattern.split('*').map(escaped).join('[^]*')}$`, 'i')
        return those(word => pattern.test(word))
      }
      case 'null':
        return never
      default:
        return denied(test, field) ?? refuse('invalid', 'compares numbers and times only')
    }
  }
  return field
}

/** A moment or a number that is 0 when there is none; `above` is the condition that it is greater than a number of 0 or more. */
export function numberField(above: (value: number) => Condition, below: (value: number) => Condition = value => not(over(above, value - 1))): Field {
  const greater = (value: number) => over(above, value)
  const less = (value: number) => (value <= 0 ? never : below(value))
  const equal = (value: number) => (value < 0 ? never : value === 0 ? not(above(0)) : all(greater(value - 1), not(above(value))))
  const field: Field = test => {
    switch (test.op) {
      case 'above':
        return withNumber(test.value, greater)
      case 'below':
        return withNumber(test.value, less)
      case 'between':
        return withNumber(test.from, from => withNumber(test.to, to => all(greater(from - 1), not(over(above, to)))))
      case 'in': {
        const numbers = test.values.map(numberOf)
        const wrong = test.values.find((_, index) => numbers[index] === null)
        return wrong === undefined ? any(...numbers.map(value => equal(value ?? 0))) : noNumber(wrong)
      }
      case 'null':
        return not(above(0))
      case 'like':
      case 'notLike':
        return noNumber(test.pattern)
      default:
        return denied(test, field) ?? never
    }
  }
  return field
}

function over(above: (value: number) => Condition, value: number): Condition {
  return value < 0 ? always : above(value)
}

function withNumber(text: string, make: (value: number) => Condition | Refusal): Condition | Refusal {
  const value = numberOf(text)
  return value === null ? noNumber(text) : make(value)
}

function numberOf(text: string): number | null {
  const value = Number(text.trim())
  return /^\s*-?\d{1,16}\s*$/.test(text) && Number.isSafeInteger(value) ? value : null
}

function noNumber(text: string): Refusal {
  return refuse('invalid', `expected a whole number (of a time, epoch milliseconds), found "${text.slice(0, 100)}"`)
}

/** Text in JSON: every value is looked for in all of it, whatever its case. */
export function payloadField(field: SearchField): Field {
  const has = (text: string): Condition => ({ kind: 'contains', field, text: inJson(text) })
  const self: Field = test => {
    switch (test.op) {
      case 'in':
        return any(...test.values.map(has))
      case 'like':
        return all(
          ...test.pattern
            .split('*')
            .filter(part => part !== '')
            .map(has),
        )
      case 'null':
        return { kind: 'absent', field }
      default:
        return denied(test, self) ?? refuse('invalid', 'is a document: ask what it contains with =')
    }
  }
  return self
}

/** One of a list of names. */
export function listField(field: SearchField): Field {
  const self: Field = test => {
    switch (test.op) {
      case 'in':
        return any(...test.values.map(value => (value === '' ? empty(field) : ({ kind: 'contains', field, text: JSON.stringify(value) } as const))))
      case 'like':
        return all(
          ...test.pattern
            .split('*')
            .filter(part => part !== '')
            .map(part => ({ kind: 'contains', field, text: inJson(part) }) as const),
        )
      case 'null':
        return empty(field)
      default:
        return denied(test, self) ?? refuse('invalid', 'compares numbers and times only')
    }
  }
  return self
}

function empty(field: SearchField): Condition {
  return any({ kind: 'absent', field }, is(field, ['[]']))
}

/** The tests that deny another one. */
function denied(test: Test, field: Field): Condition | Refusal | null {
  const positive = positiveOf(test)
  if (positive === null) return null
  const condition = field(positive)
  return condition.kind === 'refusal' ? condition : not(condition)
}

function positiveOf(test: Test): Test | null {
  switch (test.op) {
    case 'notIn':
      return { op: 'in', values: test.values }
    case 'notLike':
      return { op: 'like', pattern: test.pattern }
    case 'notNull':
      return { op: 'null' }
    default:
      return null
  }
}

function is(field: SearchField, values: readonly string[]): Condition {
  return { kind: 'is', field, values }
}

/** As it stands within the quotes of JSON. */
export function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
