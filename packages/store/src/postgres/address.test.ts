import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { parseAddress } from './address.js'

interface Parsed {
  readonly [name: string]: unknown
}
const parse = createRequire(createRequire(import.meta.url).resolve('pg'))('pg-connection-string') as (url: string) => Parsed

/** What the driver makes of the address for its first host. */
function driven(url: string): Parsed {
  const address = parseAddress(url)
  return { ...parse(address.urlOf(address.hosts[0] ?? '')) }
}

describe('an address', () => {
  it.each(['mysql://h/db', 'postgres', 'postgres//h/db', ''])('%j is refused with the shape that is expected', url => {
    expect(() => parseAddress(url)).toThrow(/expected postgres:\/\/user:password@host:port\/database/)
  })

  it.each(['postgres://u:s3cret@h:port/db', 'postgres://u:s3cret@[::1/db', 'postgres://u:s3 cret@h h/db', 'postgres://u:s3cret@h:123456/db'])(
    'a host that is none is refused, and the password is not told: %s',
    url => {
      const error = problemOf(() => parseAddress(url))
      expect(error).toMatch(/its host is none/)
      expect(error).not.toMatch(/s3|cret/)
    },
  )

  it.each(['s3cret', 's3@cret', 's3/cret', 's3:cret', 's3%cret', 's3#cret', 's3 cret', 's3%40cret'])(
    'a password %j reaches the driver and no message',
    password => {
      const url = `postgres://busbar:${password}@h:5433/flows`
      expect(driven(url)).toMatchObject({ user: 'busbar', password: password.replace('%40', '@'), host: 'h', port: '5433', database: 'flows' })
      expect(parseAddress(url).shown).toBe('postgres://busbar@h:5433/flows')
    },
  )

  it('may name several hosts, each of which gets the whole of the rest', () => {
    const { hosts, urlOf, shown } = parseAddress('postgresql://u:p@a:1,[::1]:2,c/db?application_name=x')
    expect(hosts).toEqual(['a:1', '[::1]:2', 'c'])
    expect(urlOf('c')).toBe('postgres://u:p@c/db?application_name=x')
    expect(shown).toBe('postgres://u@a:1,[::1]:2,c/db')
  })

  it('may name a host by its number', () => {
    expect(driven('postgres://u:p@[::1]:5433/db')).toMatchObject({ host: '::1', port: '5433' })
    expect(driven('postgres://u:p@127.0.0.1/db')).toMatchObject({ host: '127.0.0.1', database: 'db' })
  })

  it('may name a socket', () => {
    expect(driven('postgres://u:p@/db?host=/run/postgresql')).toMatchObject({ host: '/run/postgresql', database: 'db' })
    expect(driven('postgres:///db?host=/run/postgresql')).toMatchObject({ host: '/run/postgresql', database: 'db' })
    expect(driven('postgres://%2Frun%2Fpostgresql/db')).toMatchObject({ host: '/run/postgresql', database: 'db' })
  })

  it('passes options on, also those with an @', () => {
    expect(driven('postgres://u:p@h/db?sslmode=no-verify')).toMatchObject({ ssl: { rejectUnauthorized: false } })
    expect(driven('postgres://u:p@h/db?application_name=a@b')).toMatchObject({ host: 'h', application_name: 'a@b' })
  })

  it('needs neither user nor host nor database', () => {
    expect(parseAddress('postgres://').hosts).toEqual(['localhost'])
    expect(parseAddress('postgres://h').shown).toBe('postgres://h/')
  })
})

function problemOf(run: () => unknown): string {
  try {
    run()
    return ''
  } catch (error) {
    return (error as Error).message
  }
}
