import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { namesInCircles, topologicalOrder } from './topological-order.js'

const node = (name: string, ...needs: string[]) => ({ name, needs })

describe('topologicalOrder', () => {
  test('puts each name after what it needs, the smallest possible name first', () => {
    expect(topologicalOrder([node('join', 'left', 'right'), node('right'), node('left'), node('after', 'left')])).toEqual(['left', 'after', 'right', 'join'])
  })

  test('takes a need that is named twice for one, and an unknown one for none', () => {
    expect(topologicalOrder([node('b', 'a', 'a', 'nowhere'), node('a')])).toEqual(['a', 'b'])
  })

  test('names those that wait in a circle, and puts them last', () => {
    const nodes = [node('a', 'c'), node('b', 'a'), node('c', 'b'), node('free'), node('self', 'self')]
    expect(topologicalOrder(nodes)[0]).toBe('free')
    expect(namesInCircles(nodes)).toEqual(['a', 'b', 'c', 'self'])
    expect(namesInCircles([node('a'), node('b', 'a')])).toEqual([])
  })

  test('keeps every name once, and every need before its dependant', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat(20), { maxLength: 4 }), { maxLength: 20 }), drawn => {
        const nodes = drawn.map((needs, index) => node(`n${index}`, ...needs.filter(need => need < index).map(need => `n${need}`)))
        const order = topologicalOrder(nodes)
        expect([...order].sort()).toEqual(nodes.map(({ name }) => name).sort())
        for (const { name, needs } of nodes) for (const need of needs) expect(order.indexOf(need)).toBeLessThan(order.indexOf(name))
      }),
      { numRuns: 200 },
    )
  })
})
