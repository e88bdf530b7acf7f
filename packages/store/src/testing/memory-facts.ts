import type { Facts } from '../facts.js'
import { mustBePlain } from '../plain-text.js'
import type { Access } from './memory-sharing.js'

export function factsOf(access: Access): Facts {
  return {
    read: name => access.read(({ facts }) => facts.get(name) ?? null),
    async agree(name, text) {
      mustBePlain('the fact', name, text)
      return access.write(({ facts }) => {
        const kept = facts.get(name) ?? text
        facts.set(name, kept)
        return kept
      })
    },
    forget: name => access.write(({ facts }) => void facts.delete(name)),
  }
}
