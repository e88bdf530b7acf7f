import { describe, expect, it } from 'vitest'
import { inMapOrder } from './java-map-order.js'

describe('the order of a Java map', () => {
  it('follows the hashes of the keys', () => {
    const keys =
      'subWorkflowName subWorkflowVersion subWorkflowTaskToDomain subWorkflowDefinition priority idempotencyKey idempotencyStrategy workflowInput'.split(' ')
    const map = inMapOrder(Object.fromEntries(keys.map(key => [key, null])))
    expect(Object.keys(map).join(' ')).toBe(
      'subWorkflowDefinition workflowInput subWorkflowTaskToDomain idempotencyKey subWorkflowName priority subWorkflowVersion idempotencyStrategy',
    )
  })

  it('keeps every key and value, however many there are', () => {
    const object = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`key${n}`, n]))
    expect(inMapOrder(object)).toEqual(object)
  })
})
