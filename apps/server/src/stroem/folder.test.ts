import { chmodSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { unpackTar } from 'modern-tar'
import { describe, expect, it } from 'vitest'
import { archiveOf, openArchives } from './archives.js'
import { readScanned, scanFolder } from './folder.js'

function folderOf(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'busbar-folder-'))
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), content)
  }
  return root
}

const read = async (root: string) => readScanned(await scanFolder(root))

describe('a workspace folder', () => {
  it('has one revision for the same content, wherever it lies', async () => {
    const files = { 'b.yaml': 'b', 'a/x.sh': 'x' }
    const [one, two] = [await read(folderOf(files)), await read(folderOf(files))]
    expect(one.revision).toBe(two.revision)
    expect(one.revision).toMatch(/^[0-9a-f]{64}$/)
    expect(one.files.map(file => file.path)).toEqual(['a/x.sh', 'b.yaml'])
  })

  it('has another revision after any change', async () => {
    const root = folderOf({ 'a.sh': 'x', 'ab.sh': 'y' })
    const before = await read(root)
    writeFileSync(join(root, 'a.sh'), 'z')
    const content = await read(root)
    chmodSync(join(root, 'a.sh'), 0o755)
    const mode = await read(root)
    expect(new Set([before.revision, content.revision, mode.revision]).size).toBe(3)
  })

  it('looks changed when a file was touched, without being read', async () => {
    const root = folderOf({ 'a.yaml': '1' })
    const before = await scanFolder(root)
    expect((await scanFolder(root)).fingerprint).toBe(before.fingerprint)
    writeFileSync(join(root, 'b.yaml'), '1')
    expect((await scanFolder(root)).fingerprint).not.toBe(before.fingerprint)
  })

  it('follows links inside, and neither out of it nor in circles', async () => {
    const root = folderOf({ 'real/a.txt': 'a' })
    symlinkSync(join(root, 'real'), join(root, 'inside'))
    symlinkSync('/etc', join(root, 'outside'))
    symlinkSync(root, join(root, 'real', 'circle'))
    symlinkSync('nowhere', join(root, 'broken'))
    const scan = await scanFolder(root)
    expect(scan.found.map(file => file.path)).toEqual(['inside/a.txt', 'real/a.txt'])
    expect(scan.warnings.toSorted()).toEqual([
      'broken is a link to nothing and left out',
      'inside/circle is a link to a folder above it and left out',
      'outside is a link out of the workspace and left out',
      'real/circle is a link to a folder above it and left out',
    ])
  })

  it('ends at its depth limit', async () => {
    const scan = await scanFolder(folderOf({ [`${'d/'.repeat(12)}deep.txt`]: '', 'top.txt': '' }))
    expect(scan.found.map(file => file.path)).toEqual(['top.txt'])
    expect(scan.warnings[0]).toContain('deeper than 10 folders')
  })

  it('says which folder is not there', async () => {
    await expect(scanFolder('/no/such/folder')).rejects.toThrow('the folder /no/such/folder cannot be read')
  })
})

describe('the archive of a revision', () => {
  it('has the same bytes each time, names that begin with ./, and libraries beside', async () => {
    const { files } = await read(folderOf({ 'flow.yaml': 'f', 'run.sh': 'r' }))
    const library = await read(folderOf({ 'tool.sh': 't' }))
    const libraries = new Map([['kit', library.files]])
    const archive = await archiveOf(files, libraries)
    expect(archive.equals(await archiveOf(files, libraries))).toBe(true)
    const entries = await unpackTar(gunzipSync(archive))
    expect(entries.map(entry => entry.header.name)).toEqual(['./_libraries/kit/tool.sh', './flow.yaml', './run.sh'])
  })

  it('is found again by its revision alone, and only the newest are kept', async () => {
    const archives = openArchives(mkdtempSync(join(tmpdir(), 'busbar-archives-')))
    const revision = (n: number) => n.toString(16).padStart(64, '0')
    for (let n = 0; n < 10; n++) await archives.keep('w', revision(n), Buffer.from([n]))
    expect(await archives.find('w', revision(9))).toEqual(Buffer.from([9]))
    expect(await archives.find('other', revision(9))).toBeNull()
    expect(await archives.find('w', '../../etc/passwd')).toBeNull()
    const kept = await Promise.all(Array.from({ length: 10 }, (_, n) => archives.find('w', revision(n))))
    expect(kept.filter(one => one !== null)).toHaveLength(8)
  })
})
