import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { type BlobId, parseBlobId } from '../blobs.js'
import { blobContract } from '../testing/blob-contract.js'
import { openFileBlobs } from './file-blobs.js'

const folders: string[] = []

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'busbar-blobs-'))
  folders.push(folder)
  return folder
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

blobContract(async () => openFileBlobs(newFolder()))

describe('blobs in files', () => {
  const id = parseBlobId('12345678-0000-4000-8000-000000000000') as BlobId

  it('can be read by their owner only, and leave no drafts', async () => {
    const folder = newFolder()
    await openFileBlobs(folder).put(id, new Uint8Array(3))
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(one => one.isFile())
    expect(files.map(one => one.name)).toEqual([id])
    expect(statSync(join(folder, '12', id)).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, '12')).mode & 0o777).toBe(0o700)
  })

  it('have no path that holds the name of a user', async () => {
    const folder = newFolder()
    const blobs = openFileBlobs(folder)
    await blobs.put(id, new Uint8Array(3))
    await blobs.use(id, '../../../escaped')
    expect(readdirSync(folder, { recursive: true }).filter(name => String(name).includes('escaped'))).toEqual([])
    expect(await blobs.removeUses(['../../../escaped'])).toBe(1)
  })
})
