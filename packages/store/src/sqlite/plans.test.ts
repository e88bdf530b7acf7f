import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ListRequest, Store } from '../store.js'
import { recordKinds } from '../transfer.js'
import { at, start } from '../testing/fixtures.js'
import { connect, type Connection } from './connection.js'
import type { Database } from './driver.js'
import { migrate } from './migrate.js'
import { SqliteStore } from './sqlite-store.js'

const asked: string[] = []
let folder = ''
let connection: Connection
let store: Store

/** Every statement that runs on the store from here on is noted. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'busbar-plans-'))
  const path = join(folder, 'busbar.db')
  connection = connect(path, {})
  migrate(connection.database)
  store = new SqliteStore(path, { ...connection, database: noting(connection.database) })
})

afterAll(async () => {
  await store.close()
  rmSync(folder, { recursive: true })
})

function noting(database: Database): Database {
  return {
    get isTransaction() {
      return database.isTransaction
    },
    exec: sql => database.exec(sql),
    close: () => database.close(),
    prepare<Row>(sql: string) {
      asked.push(sql)
      return database.prepare<Row>(sql)
    },
  }
}

function planOf(sql: string): string {
  const rows = connection.database.prepare<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all()
  return rows.map(({ detail }) => detail).join('; ')
}

/** Reading all of these is what is asked for, or their tables hold next to nothing. */
const mayScan = /total_changes|FROM workers ORDER BY|count\(\*\) AS total FROM workers|FROM messages ORDER BY|GROUP BY queue/

describe('a prepared statement', () => {
  it('finds its rows by an index, never by reading a table', () => {
    const wanting = asked.filter(sql => /^\s*(SELECT|UPDATE|DELETE)/.test(sql) && !mayScan.test(sql)).filter(sql => /\bSCAN\b/.test(planOf(sql)))
    expect(asked.length).toBeGreaterThan(40)
    expect(wanting).toEqual([])
  })

  it('sorts nothing on the way to a claim or a timer', () => {
    const hot = asked.filter(sql => /attempts_waiting|executions WHERE due/.test(sql) && !mayScan.test(sql))
    expect(hot.length).toBeGreaterThan(3)
    expect(hot.filter(sql => /TEMP B-TREE/.test(planOf(sql)))).toEqual([])
  })
})

describe('a page of records', () => {
  for (const kind of recordKinds) {
    it(`of the kind ${kind} goes on where the last one ended, without sorting`, async () => {
      asked.length = 0
      const places = { definition: ['task', '', 'a', 1], attempt: ['a', 1], log: ['a', 1], message: [1] } as const
      await store.transfer.read(kind, JSON.stringify(kind in places ? places[kind as keyof typeof places] : ['a']), 10)
      expect(asked).toHaveLength(1)
      expect(planOf(asked[0] ?? '')).not.toMatch(/SCAN|TEMP B-TREE/)
    })
  }
})

describe('a list', () => {
  const cases: readonly (readonly [index: string, request: Partial<ListRequest>])[] = [
    ['executions_by_creation', {}],
    ['executions_by_creation', { namespace: 'shop' }],
    ['executions_by_creation', { createdFrom: start, createdBefore: at(5) }],
    ['executions_by_name', { name: 'order' }],
    ['executions_by_name', { name: 'order', version: '1', createdFrom: start }],
    ['executions_by_handle', { handle: 'c-1' }],
    ['executions_by_handle', { handle: 'c-1', name: 'order' }],
    ['executions_by_handle', { handle: 'c-1', statuses: ['running'] }],
    ['executions_not_completed', { statuses: ['running', 'paused'] }],
    ['executions_not_completed', { statuses: ['failed'], name: 'order' }],
  ]
  for (const [index, request] of cases) {
    it(`of ${JSON.stringify(request)} reads ${index} in its order`, async () => {
      asked.length = 0
      await store.list({ dialect: 'conductor', offset: 0, limit: 10, order: 'newest', ...request })
      const inner = /SELECT id FROM executions( INDEXED BY \w+)? WHERE [^()]*(\([^()]*\)[^()]*)*LIMIT \? OFFSET \?/.exec(asked[0] ?? '')?.[0] ?? ''
      expect(planOf(inner)).toContain(index)
      expect(planOf(inner)).not.toContain('TEMP B-TREE')
    })
  }
})
