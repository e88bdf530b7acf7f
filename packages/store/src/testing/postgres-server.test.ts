import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PostgresServer, startPostgres } from './postgres-server.js'

const count = async (server: PostgresServer) => (await server.query('SELECT count(*)::int AS count FROM notes', [], 'kept'))[0]?.['count']

describe('the PostgreSQL of the tests', () => {
  let server: PostgresServer

  beforeAll(async () => {
    server = await startPostgres()
    await server.newDatabase('kept')
    await server.query('CREATE TABLE notes (text text)', [], 'kept')
  })
  afterAll(() => server.stop())

  it('syncs what it writes', async () => {
    expect((await server.query('SHOW fsync'))[0]).toEqual({ fsync: 'on' })
    expect((await server.query('SHOW synchronous_commit'))[0]).toEqual({ synchronous_commit: 'on' })
  })

  it('makes databases from a template', async () => {
    const url = await server.newDatabase('copy', 'kept')
    expect(url).toBe(server.urlOf('copy'))
    expect(await server.query('SELECT * FROM notes', [], 'copy')).toEqual([])
    await server.dropDatabase('copy')
  })

  it('keeps what it acknowledged over restarts and a kill', async () => {
    for (const [index, end] of [() => server.restart('fast'), () => server.restart('immediate'), () => server.kill()].entries()) {
      await server.query('INSERT INTO notes VALUES ($1)', [`note ${index}`], 'kept')
      await end()
      await server.start()
      expect(await count(server)).toBe(index + 1)
    }
  })

  it('fails over to a standby that has all that was acknowledged', async () => {
    const before = Number(await count(server))
    const standby = await server.startStandby()
    try {
      await expect(standby.query('CREATE TABLE other (x int)')).rejects.toThrow('read-only')
      await server.query("INSERT INTO notes VALUES ('the last words')", [], 'kept')
      await server.kill()
      await standby.promote()
      expect(await count(standby)).toBe(before + 1)
      await standby.query("INSERT INTO notes VALUES ('written by the new primary')", [], 'kept')
    } finally {
      await standby.stop()
      await server.start()
      await server.query('ALTER SYSTEM RESET synchronous_standby_names')
      await server.restart('fast')
    }
  })

  it('leaves nothing behind when its test is killed', async () => {
    const module = fileURLToPath(new URL('../../dist/testing/postgres-server.js', import.meta.url))
    const program = `
      const { startPostgres } = await import(${JSON.stringify(module)})
      const server = await startPostgres()
      const [{ folder, pid }] = await server.query("SELECT current_setting('data_directory') AS folder, (regexp_match(pg_read_file('postmaster.pid'), '^\\\\d+'))[1] AS pid")
      console.log(JSON.stringify({ folder, pid: Number(pid) }))
      process.kill(process.pid, 'SIGKILL')`
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = await once(createInterface(child.stdout), 'line')
    const { folder, pid }: { folder: string; pid: number } = JSON.parse(String(line))
    while (isAlive(pid) || existsSync(folder)) await sleep(20)
  })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
