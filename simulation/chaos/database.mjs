// The real PostgreSQL that is hit, with its standby when failovers are wanted.
import { setTimeout as sleep } from 'node:timers/promises'
import { startPostgres } from '@busbar/store/testing/postgres-server'
import { startSwitch } from './switch.mjs'

const name = 'chaos'
const patienceMs = 20

/** `url` stays the same whatever happens behind it, and belongs to an ordinary role: the owner of one database. */
export class Database {
  #primary
  #standby = null
  #switch = null
  #connectionsMax
  url

  constructor(primary, connectionsMax) {
    this.#primary = primary
    this.#connectionsMax = connectionsMax
  }

  static async start({ connectionsMax, hasStandby }) {
    const primary = await startPostgres({ connectionsMax })
    await primary.query(`CREATE ROLE ${name} LOGIN PASSWORD '${name}'`)
    await primary.newDatabase(name)
    await primary.query(`ALTER DATABASE ${name} OWNER TO ${name}`)
    const database = new Database(primary, connectionsMax)
    await database.#prepare(hasStandby)
    return database
  }

  async #prepare(hasStandby) {
    if (hasStandby) {
      this.#switch = await startSwitch(this.#primary.port)
      this.#standby = await this.#primary.startStandby()
    }
    this.url = `postgres://${name}:${name}@127.0.0.1:${this.#switch?.port ?? this.#primary.port}/${name}`
  }

  restart(mode) {
    return this.#primary.restart(mode)
  }

  /** Each of the servers' sessions, with a chance of `share`. */
  async terminateSessions(share = 1) {
    await this.#primary.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1 AND random() < $2', [name, share])
  }

  /** Another client takes every connection that there is, also those that the servers had, and keeps them for a while. */
  async exhaust(ms) {
    const url = new URL(this.url)
    url.port = String(this.#primary.port)
    const until = performance.now() + ms
    const held = []
    let areServersOut = false
    while (performance.now() < until) {
      try {
        held.push(await this.#primary.connect(url.href))
      } catch {
        if (!areServersOut) await this.terminateSessions()
        areServersOut = true
        await sleep(patienceMs)
      }
      if (held.length > this.#connectionsMax) throw new Error(`${held.length} connections were let in, with max_connections = ${this.#connectionsMax}`)
    }
    await Promise.all(held.map(session => session.end()))
  }

  /** The primary dies, the standby takes its place, and a new standby is made. */
  async failOver({ afterMs }) {
    const [dead, next] = [this.#primary, this.#standby]
    await dead.kill()
    await sleep(afterMs)
    await next.promote()
    this.#switch.pointTo(next.port)
    this.#primary = next
    await dead.stop()
    return async () => {
      this.#standby = await next.startStandby()
    }
  }

  rows(sql) {
    return this.#primary.query(sql, [], name)
  }

  async stop() {
    this.#switch?.stop()
    await Promise.all([this.#standby?.stop(), this.#primary.stop()])
  }
}
