import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { abilityOf, queueFor, type Skills, serves, skillsKey } from './queues.js'
import { script } from './testing/definitions.js'

const worker = (given: Partial<Skills> = {}): Skills => ({ abilities: ['script'], tags: [], exclusive: false, ...given })

describe('queues', () => {
  test('the order and repetition of tags make no other queue', () => {
    expect(queueFor('script', ['b', 'a', 'b'])).toBe('stroem/script?a,b')
    expect(queueFor('docker', [])).toBe('stroem/docker?')
  })

  test('a worker serves what needs its ability and none but its tags', () => {
    const queue = queueFor('script', ['left', 'right'])
    expect(serves(worker({ tags: ['left', 'right', 'more'] }), queue)).toBe(true)
    expect(serves(worker({ tags: ['left'] }), queue)).toBe(false)
    expect(serves(worker({ abilities: ['docker'], tags: ['left', 'right'] }), queue)).toBe(false)
  })

  test('an exclusive worker serves only what needs all of its tags', () => {
    const queue = queueFor('script', ['left', 'right'])
    expect(serves(worker({ tags: ['left', 'right'], exclusive: true }), queue)).toBe(true)
    expect(serves(worker({ tags: ['left', 'right', 'more'], exclusive: true }), queue)).toBe(false)
    expect(serves(worker({ tags: ['left'], exclusive: true }), queueFor('script', []))).toBe(false)
  })

  test('no tag can pass for two, or for another dialect’s queue', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 4 }), fc.array(fc.string(), { maxLength: 4 }), (needed, had) => {
        const expected = needed.every(tag => tag === '' || had.includes(tag))
        expect(serves(worker({ tags: had }), queueFor('script', needed))).toBe(expected)
      }),
      { numRuns: 200 },
    )
    expect(serves(worker(), 'script?' as never)).toBe(false)
  })

  test('workers of the same skills share a key, others do not', () => {
    expect(skillsKey(worker({ tags: ['a', 'b'] }))).toBe(skillsKey(worker({ tags: ['b', 'a'] })))
    expect(skillsKey(worker({ tags: ['a,b'] }))).not.toBe(skillsKey(worker({ tags: ['a', 'b'] })))
    expect(skillsKey(worker({ tags: ['a'], exclusive: true }))).not.toBe(skillsKey(worker({ tags: ['a'] })))
  })

  test('a script needs the ability of its runner', () => {
    expect(abilityOf(script())).toBe('script')
    expect(abilityOf(script({ runner: 'docker' }))).toBe('docker')
    expect(abilityOf(script({ runner: 'pod' }))).toBe('kubernetes')
  })
})
