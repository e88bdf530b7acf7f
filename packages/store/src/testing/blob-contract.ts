/** What every place for blobs keeps. Run for each of them by its own test. */
import { instant } from '@busbar/kernel'
import { describe, expect, it } from 'vitest'
import { type BlobId, type Blobs, blobBytesMax, parseBlobId } from '../blobs.js'

const idOf = (digit: string) => parseBlobId(`${digit.repeat(8)}-0000-4000-8000-000000000000`) as BlobId
const [a, b] = [idOf('a'), idOf('b')]
const bytes = (text: string) => new TextEncoder().encode(text)
const later = () => instant(Date.now() + 3_600_000)

export function blobContract(open: () => Promise<Blobs>): void {
  describe('blobs', () => {
    it('are not found under ids that nobody put, and cannot be used', async () => {
      const blobs = await open()
      expect(await blobs.get(a)).toBeNull()
      expect(await blobs.use(a, 'u')).toBeNull()
      expect(await blobs.removeUses(['u'])).toBe(0)
    })

    it('are refused above their bound', async () => {
      const blobs = await open()
      await expect(blobs.put(a, new Uint8Array(blobBytesMax + 1))).rejects.toMatchObject({ code: 'invalid' })
    })

    it('have no ids but those of their form', () => {
      for (const text of ['', '../../etc/passwd', 'A'.repeat(36), `${a}/x`, `${a}\n`]) expect(parseBlobId(text)).toBeNull()
    })

    it('come back byte by byte', async () => {
      const blobs = await open()
      const content = Uint8Array.from({ length: 100_000 }, (_, i) => i % 256)
      await blobs.put(a, content)
      await blobs.put(b, new Uint8Array())
      expect(Buffer.compare((await blobs.get(a)) ?? new Uint8Array(), content)).toBe(0)
      expect((await blobs.get(b))?.length).toBe(0)
    })

    it('may be put again with the same bytes', async () => {
      const blobs = await open()
      await blobs.put(a, bytes('one'))
      await blobs.use(a, 'u')
      await blobs.put(a, bytes('one'))
      expect(await blobs.use(a, 'v')).toBe(3)
      expect(await blobs.removeUses(['u'])).toBe(0)
      expect(new TextDecoder().decode((await blobs.get(a)) ?? bytes(''))).toBe('one')
    })

    it('go with the last of their users', async () => {
      const blobs = await open()
      await blobs.put(a, bytes('a'))
      await blobs.put(b, bytes('b'))
      for (const user of ['u', 'u', 'v']) await blobs.use(a, user)
      await blobs.use(b, 'u')
      expect(await blobs.removeUses(['u'])).toBe(1)
      expect(await blobs.get(a)).not.toBeNull()
      expect(await blobs.get(b)).toBeNull()
      expect(await blobs.removeUses(['v', 'w'])).toBe(1)
      expect(await blobs.get(a)).toBeNull()
    })

    it('are told by who uses them', async () => {
      const blobs = await open()
      for (const id of [b, a]) await blobs.put(id, bytes('x'))
      await blobs.use(b, 'u')
      await blobs.use(a, 'u')
      await blobs.use(a, 'v')
      expect(await blobs.uses(['v', 'nobody', 'u'])).toEqual([
        { user: 'u', id: a },
        { user: 'u', id: b },
        { user: 'v', id: a },
      ])
      expect(await blobs.uses([])).toEqual([])
    })

    it('go after a while when nobody uses them', async () => {
      const blobs = await open()
      await blobs.put(a, bytes('a'))
      await blobs.put(b, bytes('b'))
      await blobs.use(b, 'u')
      expect(await blobs.removeUnused(instant(0), 10)).toBe(0)
      expect(await blobs.removeUnused(later(), 10)).toBe(1)
      expect(await blobs.get(a)).toBeNull()
      expect(await blobs.get(b)).not.toBeNull()
    })

    it('of one id can be put by many at once', async () => {
      const blobs = await open()
      await Promise.all(Array.from({ length: 8 }, () => blobs.put(a, bytes('same'))))
      expect(new TextDecoder().decode((await blobs.get(a)) ?? bytes(''))).toBe('same')
    })
  })
}
