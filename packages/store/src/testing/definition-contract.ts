import type { DefinitionId } from '@busbar/kernel'
import { describe, expect, it } from 'vitest'
import type { StoredDefinition } from '../store.js'
import { at, start } from './fixtures.js'
import type { OpenStore } from './open-store.js'

function definition(name: string, version: number, parts: Partial<StoredDefinition> = {}): StoredDefinition {
  return { kind: 'workflow', namespace: '', name, version, body: `{"n":${version}}`, createdAt: start, updatedAt: start, ...parts }
}

export function definitionContract(open: OpenStore): void {
  describe('definitions', () => {
    it('finds nothing where nothing is', async () => {
      const { store } = await open()
      await store.putDefinition(definition('a', 1))
      expect(await store.definition('workflow', '', 'a', 2)).toBeNull()
      expect(await store.definition('workflow', '', 'b', null)).toBeNull()
      expect(await store.definition('task', '', 'a', null)).toBeNull()
      expect(await store.definition('workflow', 'other', 'a', 1)).toBeNull()
      expect(await store.deleteDefinition('workflow', '', 'a', 2)).toBe(false)
      expect(await store.snapshot('none' as DefinitionId)).toBeNull()
    })

    it('gives the version that was asked for, or the highest', async () => {
      const { store } = await open()
      for (const version of [2, 10, 1]) await store.putDefinition(definition('a', version))
      expect(await store.definition('workflow', '', 'a', 2)).toEqual(definition('a', 2))
      expect((await store.definition('workflow', '', 'a', null))?.version).toBe(10)
    })

    it('replaces a definition of the same name and version', async () => {
      const { store } = await open()
      await store.putDefinition(definition('a', 1))
      const newer = definition('a', 1, { body: '{"newer":true}', updatedAt: at(5) })
      await store.putDefinition(newer)
      expect(await store.definitions('workflow', '')).toEqual([newer])
    })

    it('lists by name, then by version, of one namespace', async () => {
      const { store } = await open()
      const wanted = [definition('a', 1), definition('a', 2), definition('b', 1)]
      for (const one of [...wanted].reverse()) await store.putDefinition(one)
      await store.putDefinition(definition('a', 0, { kind: 'task' }))
      await store.putDefinition(definition('a', 1, { namespace: 'other' }))
      expect(await store.definitions('workflow', '')).toEqual(wanted)
      expect(await store.definitions('workflow', '', 'a')).toEqual(wanted.slice(0, 2))
    })

    it('deletes one version and leaves the others', async () => {
      const { store } = await open()
      for (const version of [1, 2]) await store.putDefinition(definition('a', version))
      expect(await store.deleteDefinition('workflow', '', 'a', 2)).toBe(true)
      expect((await store.definition('workflow', '', 'a', null))?.version).toBe(1)
    })

    it('keeps a snapshot by its id, however often it is put', async () => {
      const { store } = await open()
      const id = 'hash' as DefinitionId
      await store.putSnapshot(id, '{"steps":[]}', start)
      await store.putSnapshot(id, '{"steps":[]}', start)
      expect(await store.snapshot(id)).toBe('{"steps":[]}')
    })
  })
}
