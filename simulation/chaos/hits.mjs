// What is hit, and how. Each resolves, when it is over, with the name under which it is counted; `after` is
// what must still be done before the next hit of its kind.
import { setTimeout as sleep } from 'node:timers/promises'

export const hits = {
  async servers({ servers, chance, revive }) {
    const victim = chance.oneOf(servers.filter(server => server.isOn))
    if (!victim) return { what: null }
    await victim.kill()
    await sleep(chance.between(0, 1_500))
    await revive(victim)
    return { what: 'a server killed (-9)' }
  },

  async workers({ workers, chance }) {
    const victim = chance.oneOf(workers)
    await victim.end('SIGKILL')
    await sleep(chance.between(0, 1_000))
    victim.start()
    return { what: 'a worker killed (-9)' }
  },

  async database({ database, chance }) {
    const mode = chance.oneOf(['fast', 'immediate'])
    await database.restart(mode)
    return { what: `the database restarted (${mode})` }
  },

  async backends({ database, chance }) {
    await database.terminateSessions(chance.oneOf([0.3, 1]))
    return { what: 'sessions terminated' }
  },

  async pool({ database, chance }) {
    await database.exhaust(chance.between(1_500, 4_000))
    return { what: 'all connections taken away' }
  },

  async failover({ database, chance }) {
    const renew = await database.failOver({ afterMs: chance.between(0, 1_000) })
    return { what: 'failed over to the standby', after: renew }
  },
}

/** Those that hit the database come one after the other. */
export const ofDatabase = ['database', 'backends', 'pool', 'failover']
