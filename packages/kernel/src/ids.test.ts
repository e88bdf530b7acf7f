import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { attemptIdOf, childIdOf, executionIdOf, newExecutionId, ordinalMax, ordinalOf, parseAttemptId, parseExecutionId } from './ids.js'
import { instant } from './time.js'

const chances = fc.record({ high12: fc.integer({ min: 0, max: 2 ** 12 - 1 }), low38: fc.integer({ min: 0, max: 2 ** 38 - 1 }) })
const moments = fc.integer({ min: 0, max: 2 ** 47 }).map(instant)
const ordinals = fc.integer({ min: 1, max: ordinalMax })

describe('ids', () => {
  it('an execution id is a version 7 UUID that ends in 24 zero bits', () => {
    fc.assert(
      fc.property(moments, chances, (now, chance) => {
        const id = newExecutionId(now, chance)
        expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{6}000000$/)
        expect(parseExecutionId(id)).toBe(id)
        expect(parseAttemptId(id)).toBeNull()
      }),
    )
  })

  it('an attempt id names its execution and its ordinal', () => {
    fc.assert(
      fc.property(moments, chances, ordinals, (now, chance, ordinal) => {
        const execution = newExecutionId(now, chance)
        const attempt = attemptIdOf(execution, ordinal)
        expect(executionIdOf(attempt)).toBe(execution)
        expect(ordinalOf(attempt)).toBe(ordinal)
        expect(parseAttemptId(attempt)).toBe(attempt)
      }),
    )
  })

  it('later executions sort after earlier ones', () => {
    fc.assert(
      fc.property(moments, chances, chances, (now, a, b) => {
        expect(newExecutionId(now, a) < newExecutionId(instant(now + 1), b)).toBe(true)
      }),
    )
  })

  it('different chances give different ids', () => {
    fc.assert(
      fc.property(moments, chances, chances, (now, a, b) => {
        fc.pre(a.high12 !== b.high12 || a.low38 !== b.low38)
        expect(newExecutionId(now, a)).not.toBe(newExecutionId(now, b))
      }),
    )
  })

  it('the children of ten thousand attempts have ten thousand ids, the same each time', () => {
    const execution = newExecutionId(instant(1_700_000_000_000), { high12: 77, low38: 123_456_789 })
    const ids = new Set<string>()
    for (let ordinal = 1; ordinal <= 5_000; ordinal++) {
      for (const turn of [0, 1]) {
        const child = childIdOf(attemptIdOf(execution, ordinal), turn)
        expect(childIdOf(attemptIdOf(execution, ordinal), turn)).toBe(child)
        expect(parseExecutionId(child)).toBe(child)
        ids.add(child)
      }
    }
    expect(ids.size).toBe(10_000)
  })

  it('text that is no id is refused', () => {
    for (const text of ['', 'x', '00000000-0000-0000-0000-00000000000', '../../etc/passwd']) {
      expect(parseExecutionId(text)).toBeNull()
      expect(parseAttemptId(text)).toBeNull()
    }
  })
})
