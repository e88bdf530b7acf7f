import { describe, expect, it } from 'vitest'
import type { OpenStore } from './open-store.js'

export function factContract(open: OpenStore): void {
  describe('facts', () => {
    it('are refused with a NUL character', async () => {
      const { store } = await open()
      await expect(store.facts.agree('a', 'b\0')).rejects.toMatchObject({ code: 'invalid' })
    })

    it('are nothing until somebody said them, and what was said first from then on', async () => {
      const { store } = await open()
      expect(await store.facts.read('token')).toBeNull()
      expect(await store.facts.agree('token', 'first')).toBe('first')
      expect(await store.facts.agree('token', 'second')).toBe('first')
      expect(await store.facts.read('token')).toBe('first')
      expect(await store.facts.read('other')).toBeNull()
    })

    it('can be forgotten, and said anew', async () => {
      const { store } = await open()
      await store.facts.agree('token', 'first')
      await store.facts.forget('token')
      await store.facts.forget('token')
      expect(await store.facts.read('token')).toBeNull()
      expect(await store.facts.agree('token', 'second')).toBe('second')
    })

    it('outlive the store', async () => {
      const { store, reopen } = await open()
      await store.facts.agree('token', 'kept')
      expect(await (await reopen()).facts.read('token')).toBe('kept')
    })

    it('are the same for all who say them at once', async context => {
      const { store, companion } = await open()
      if (!companion) return context.skip()
      const other = await companion()
      const agreed = await Promise.all(Array.from({ length: 20 }, (_, index) => (index % 2 ? store : other).facts.agree('token', `${index}`)))
      expect(new Set(agreed).size).toBe(1)
    })
  })
}
