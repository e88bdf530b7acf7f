import type { Instant } from '@busbar/kernel'
import { type Blobs, byUserAndId, checkSize } from '../blobs.js'
import type { Access } from './memory-sharing.js'

export function blobsOf(access: Access, now: () => Instant): Blobs {
  return {
    async put(id, content) {
      checkSize(content)
      return access.write(({ blobs }) => void blobs.set(id, { content: content.slice(), putAt: now(), users: blobs.get(id)?.users ?? new Set() }))
    },
    get: id => access.read(({ blobs }) => blobs.get(id)?.content.slice() ?? null),
    use: (id, user) =>
      access.write(({ blobs }) => {
        const blob = blobs.get(id)
        blob?.users.add(user)
        return blob?.content.length ?? null
      }),
    uses: users =>
      access.read(({ blobs }) => [...blobs].flatMap(([id, blob]) => users.filter(user => blob.users.has(user)).map(user => ({ user, id }))).sort(byUserAndId)),
    removeUses: users =>
      access.write(({ blobs }) => {
        const before = blobs.size
        for (const [id, blob] of blobs) {
          let isFreed = false
          for (const user of users) isFreed = blob.users.delete(user) || isFreed
          if (isFreed && blob.users.size === 0) blobs.delete(id)
        }
        return before - blobs.size
      }),
    removeUnused: (before, count) =>
      access.write(({ blobs }) => {
        const unused = [...blobs].filter(([, blob]) => blob.users.size === 0 && blob.putAt < before).slice(0, count)
        for (const [id] of unused) blobs.delete(id)
        return unused.length
      }),
  }
}
