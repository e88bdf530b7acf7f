import type { ExecutionId, QueueName } from '@busbar/kernel'
import { describe, expect, it } from 'vitest'
import { NewsBag, newsOf, parsed, payloadBytesMax, type Payload } from './news-payload.js'

const id = (text: string) => text as ExecutionId
const queue = (text: string) => text as QueueName

function taken(bag: NewsBag): readonly Payload[] {
  const payloads = bag.take('server')
  for (const payload of payloads) expect(Buffer.byteLength(payload)).toBeLessThanOrEqual(payloadBytesMax)
  return payloads.map(payload => {
    const read = parsed(payload)
    if (!read) throw new Error('a payload that nobody can read')
    return read
  })
}

describe('what waits to be told', () => {
  it('is told once, with what came together', () => {
    const bag = new NewsBag()
    bag.add({ changed: [{ id: id('a'), ended: false }], stocked: [queue('q')] })
    bag.add({ changed: [{ id: id('a'), ended: true }], stocked: [queue('q')], logged: [id('b')], workers: true, surveyed: true })
    expect(taken(bag)).toEqual([
      { f: 'server', e: ['a'], l: ['b'], q: ['q'] },
      { f: 'server', w: 1, s: 1 },
    ])
    expect(bag.isEmpty).toBe(true)
  })

  it('keeps that an execution has ended', () => {
    const bag = new NewsBag()
    bag.add({ changed: [{ id: id('a'), ended: true }] })
    bag.add({ changed: [{ id: id('a'), ended: false }] })
    expect(taken(bag).map(newsOf)).toEqual([{ stocked: [], changed: [{ id: 'a', ended: true }], logged: [] }])
  })

  it.each([
    ['plain', 'x'],
    ['wide', '漢'],
    ['escaped', '\u0001'],
    ['quoted', '"'],
  ])('goes in as many pieces as its bytes need: %s', (_, letter) => {
    const bag = new NewsBag()
    const queues = Array.from({ length: 500 }, (_each, index) => queue(`${letter.repeat(200)}${index}`))
    bag.add({ stocked: queues })
    const told = taken(bag).flatMap(payload => newsOf(payload).stocked)
    expect(told).toEqual(queues)
  })

  it('says that something was lost instead of a name that fits nowhere', () => {
    const bag = new NewsBag()
    bag.add({ stocked: [queue('x'.repeat(payloadBytesMax)), queue('q')] })
    expect(taken(bag)).toEqual([
      { f: 'server', q: ['q'] },
      { f: 'server', k: 'l' },
    ])
  })

  it('says that something was lost instead of growing without bound', () => {
    const bag = new NewsBag()
    for (let index = 0; index < 30_000; index++) bag.add({ changed: [{ id: id(`e${index}`), ended: false }] })
    expect(taken(bag)).toEqual([{ f: 'server', k: 'l' }])
    bag.add({ stocked: [queue('q')] })
    expect(taken(bag)).toEqual([{ f: 'server', q: ['q'] }])
  })

  it('answers many that say hello at once', () => {
    const bag = new NewsBag()
    for (let index = 0; index < 10; index++) bag.answer()
    expect(taken(bag)).toEqual([{ f: 'server', k: 'a' }])
    bag.answer()
    bag.greet()
    expect(taken(bag)).toEqual([{ f: 'server', k: 'h' }])
  })

  it.each([undefined, '', 'x', 'null', '1', '{}', '{"f":1}', '[]'])('passes over what is none: %s', text => {
    expect(parsed(text)).toBeNull()
  })
})
