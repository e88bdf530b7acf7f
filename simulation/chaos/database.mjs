// The real PostgreSQL that is hit, with its standby when failovers are wanted.
import { setTimeout as sleep } from 'node:timers/promises'
import { startPostgres } from '@busbar/store/testing/postgres-server'

const name = 'chaos'
const patienceMs = 20

/** `url` names primary and standby, which change places, and belongs to an ordinary role: the owner of one database. */
export class Database {
  #primary
  #standby = null
  url

  constructor(primary) {
    this.#primary = primary
  }

  static async start({ connectionsMax, hasStandby }) {
    const primary = await startPostgres({ connectionsMax })
    await primary.query(`CREATE ROLE ${name} LOGIN PASSWORD '${name}'`)
    await primary.newDatabase(name)
    await primary.query(`ALTER DATABASE ${name} OWNER TO ${name}`)
    const database = new Database(primary)
    await database.#prepare(hasStandby)
    return database
  }

  async #prepare(hasStandby) {
    if (hasStandby) this.#standby = await this.#primary.startStandby()
    const hosts = [this.#primary, this.#standby].filter(Boolean).map(({ port }) => `127.0.0.1:${port}`)
    this.url = `postgres://${name}:${name}@${hosts.join(',')}/${name}`
  }

  restart(mode) {
    return this.#primary.restart(mode)
  }

  /** Each of the servers' sessions, with a chance of `share`. */
  async terminateSessions(share = 1) {
    await this.#primary.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND random() < $2', ['busbar', share])
  }

  /** Another client takes every connection that there is, also those that the servers had, and keeps them for a while. */
  async exhaust(ms) {
    const url = `postgres://${name}:${name}@127.0.0.1:${this.#primary.port}/${name}`
    const until = performance.now() + ms
    const held = []
    let areServersOut = false
    while (performance.now() < until) {
      try {
        held.push(await this.#primary.connect(url))
      } catch {
        if (!areServersOut) await this.terminateSessions()
        areServersOut = true
        await sleep(patienceMs)
      }
    }
    await Promise.all(held.map(session => session.end()))
  }

  /** The primary dies, the standby takes its place, and a new standby is made. */
  async failOver({ afterMs }) {
    const [dead, next] = [this.#primary, this.#standby]
    await dead.kill()
    await sleep(afterMs)
    await next.promote()
    this.#primary = next
    await dead.stop()
    return async () => {
      this.#standby = await next.startStandby({ port: dead.port })
    }
  }

  rows(sql) {
    return this.#primary.query(sql, [], name)
  }

  async stop() {
    await Promise.all([this.#standby?.stop(), this.#primary.stop()])
  }
}
