import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock, createEngine, type EngineApi } from '@busbar/engine'
import { instant } from '@busbar/kernel'
import { MemoryStore } from '@busbar/store/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { silentLog } from '../log.js'
import { openArchives } from './archives.js'
import { SharedRefresh } from './shared-refresh.js'
import { Workspaces } from './workspaces.js'

const flow = (name: string) => `tasks: { ${name}: { flow: { one: { type: script, script: "true" } } } }`

describe('a refresh of a workspace', () => {
  let folder: string
  let servers: { engine: EngineApi; workspaces: Workspaces; refreshes: SharedRefresh }[]

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'busbar-refresh-'))
    await mkdir(join(folder, '.workflows'))
    await writeFile(join(folder, '.workflows', 'flow.yaml'), flow('before'))
    const store = new MemoryStore({ shared: true, now: () => instant(Date.now()) })
    servers = await Promise.all([store, store.companion()].map(async one => serverOn(one)))
  })
  afterEach(async () => {
    for (const { engine, workspaces } of servers) {
      await engine.stop(0)
      await workspaces.stop()
    }
    await rm(folder, { recursive: true })
  })

  async function serverOn(store: MemoryStore) {
    const workspaces = new Workspaces({
      ...{ workspaces: { flows: { type: 'folder', path: folder } as const }, libraries: {}, refreshMs: 60_000, log: silentLog, now: Date.now },
      archives: openArchives(join(folder, 'revisions')),
    })
    await workspaces.start()
    const engine = createEngine({ store, clock: systemClock(), log: silentLog, chance: Math.random })
    await engine.start()
    return { engine, workspaces, refreshes: new SharedRefresh(engine, workspaces) }
  }

  const tasksOf = (workspaces: Workspaces) => Object.keys(workspaces.find('flows')?.loaded?.workspace.tasks ?? {})

  it('is one of every server on the store, and the pause after it holds for all of them', async () => {
    const [first, second] = servers
    if (!first || !second) return expect.unreachable('there are two')
    await writeFile(join(folder, '.workflows', 'flow.yaml'), flow('after'))
    await first.refreshes.refresh('flows')
    await expect(second.refreshes.refresh('flows')).rejects.toThrow('Workspace refresh rate-limited; retry after')
    await expect.poll(() => tasksOf(second.workspaces)).toEqual(['after'])
  })
})
