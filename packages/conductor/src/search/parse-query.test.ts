import { isRefusal } from '@busbar/kernel'
import { describe, expect, it } from 'vitest'
import { parseQuery } from './parse-query.js'
import type { Query } from './query.js'

/** As a text that shows how it was understood. */
function shown(query: Query): string {
  if (query.kind !== 'condition') return `(${query.of.map(shown).join(` ${query.kind} `)})`
  const { field, test } = query
  switch (test.op) {
    case 'in':
    case 'notIn':
      return `${field} ${test.op} ${test.values.map(value => `[${value}]`).join('')}`
    case 'like':
    case 'notLike':
      return `${field} ${test.op} ${test.pattern}`
    case 'above':
    case 'below':
      return `${field} ${test.op} ${test.value}`
    case 'between':
      return `${field} between ${test.from}..${test.to}`
    default:
      return `${field} ${test.op}`
  }
}

function read(text: string): string {
  const parsed = parseQuery(text)
  return isRefusal(parsed) ? parsed.message : `${parsed.form} ${shown(parsed.query)}`
}

describe('a query in the simple form', () => {
  it.each([
    ['', 'simple ()'],
    ['status=COMPLETED', 'simple (status in [COMPLETED])'],
    ['workflowType = a AND startTime>5', 'simple (workflowType in [a] and startTime above 5)'],
    ['status IN (RUNNING,PAUSED)', 'simple (status in [RUNNING][PAUSED])'],
    ["status IN ('RUNNING', 'FAILED')", 'simple (status in [RUNNING][ FAILED])'],
    ['status IN ("COMPLETED")', 'simple (status in [COMPLETED])'],
    ['status IN ()', 'simple (status in [])'],
    ['status=', 'simple (status in [])'],
    ['status=A AND', 'simple (status in [A AND])'],
    ['workflowType=a*b**', 'simple (workflowType like a*b*)'],
    ["correlationId='one AND two'", 'simple (correlationId in [one AND two])'],
    ["correlationId=it's", 'simple (correlationId in [its])'],
    ['correlationId=this or that', 'simple (correlationId in [this or that])'],
  ])('%s', (text, expected) => expect(read(text)).toBe(expected))

  it.each(['status', '=COMPLETED', 'status COMPLETED', '()', 'x status=A', '*'])('is not %s', text => {
    expect(read(text)).toBe(`Incorrectly formatted query string: ${text}`)
  })

  it('takes no small letters for a joint', () => {
    expect(read('workflowType=a and status=B')).toBe('Incorrectly formatted query string: workflowType=a and status=B: write AND and OR in capitals')
  })
})

describe('a query in the rich form', () => {
  it.each([
    ['status != RUNNING', 'rich status notIn [RUNNING]'],
    ['status=A OR status=B', 'rich (status in [A] or status in [B])'],
    ['a = 1 AND b = 2 OR c = 3', 'rich (a in [1] and (b in [2] or c in [3]))'],
    ['(a = 1 OR b = 2) AND c IN ("x, y", z)', 'rich ((a in [1] or b in [2]) and c in [x, y][z])'],
    ['startTime BETWEEN 1 AND 5 AND a = 1', 'rich (startTime between 1..5 and a in [1])'],
    ['event IS null', 'rich event null'],
    ['event IS not null AND x > 1', 'rich (event notNull and x above 1)'],
    ['workflowType STARTS_WITH "or*d"', 'rich workflowType like ord*'],
    ['(name = "say \\"hi\\"")', 'rich name in [say "hi"]'],
    ["(name = 'a OR b')", 'rich name in [a OR b]'],
    ['name != a*', 'rich name notLike a*'],
  ])('%s', (text, expected) => expect(read(text)).toBe(expected))

  it.each([
    ['a = 1 OR b = 2 OR', 'expected the name of a field, found the end'],
    ['a = 1 OR b', 'expected an operator, found the end'],
    ['(a = 1 OR b = 2', 'expected ), found the end'],
    ['a != ', 'expected a value, found the end'],
    ['a IS nothing OR b = 1', 'expected null, found nothing'],
    ['a ~ 1 OR b = 1', 'expected one of =, !=, <, >, IN, BETWEEN, IS null, STARTS_WITH, found ~'],
    ['a != 1 ! 2', 'expected a field, an operator or a value at character 7'],
  ])('says what is wrong with %s', (text, reason) => expect(read(text)).toContain(reason))
})

describe('every query', () => {
  it('has bounds: its length, its conditions, its values, its depth, its stars', () => {
    expect(read('a=' + 'x'.repeat(9_000))).toContain('expected at most 8192')
    expect(read(Array.from({ length: 51 }, () => 'a=1').join(' AND '))).toContain('expected at most 50')
    expect(read(Array.from({ length: 51 }, () => 'a=1').join(' OR '))).toContain('expected at most 50 conditions')
    expect(read(`a IN (${'1,'.repeat(1_001)})`)).toContain('expected at most 1000')
    expect(read('('.repeat(30) + 'a=1' + ')'.repeat(30))).toContain('expected at most 20 levels')
    expect(read(`a=${'*x'.repeat(11)}`)).toContain('more than 10 stars')
  })

  it('is read in a time that follows its length', () => {
    for (const text of ['"'.repeat(8_000), `a=${' AND'.repeat(2_000)}`, '('.repeat(8_000), `${' '.repeat(8_000)}x`, `a OR ${"'".repeat(7_999)}`]) {
      const begun = performance.now()
      parseQuery(text)
      expect(performance.now() - begun).toBeLessThan(1_000)
    }
  })
})
