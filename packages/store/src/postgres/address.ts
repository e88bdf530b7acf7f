/** Where a database is: `postgres://user:password@host:port,host2:port2/database?sslmode=…` */
import { Problem } from '@busbar/kernel'

export interface Address {
  /** Without the password: for messages. */
  readonly shown: string
  /** Tried in turn: a database that fails over has several. */
  readonly hosts: readonly string[]
  /** A server that could lose what it acknowledged is refused. */
  readonly isDurable: boolean
  /** Used by one program that keeps all servers out. */
  readonly isAlone: boolean
  /** The connection string for one of the hosts. */
  urlOf(host: string): string
}

export interface AddressOptions {
  readonly isDurable?: boolean
  readonly isAlone?: boolean
}

/** The credentials end at the first @ behind which there is nothing but a host, a database and options: a password may have one too. */
const shape = /^postgres(?:ql)?:\/\/(?:(.*?)@)?([^@/?]*)(?:\/([^@?]*))?(\?.*)?$/s
const hostShape = /^(?:\[[0-9a-fA-F:.]+\]|[\w.-]+|%2[fF][\w.%-]+)?(?::\d{1,5})?$/
const expected = 'expected postgres://user:password@host:port/database'

/** Throws a Problem that says what is wrong, and never the password. */
export function parseAddress(url: string, { isDurable = true, isAlone = false }: AddressOptions = {}): Address {
  const parts = shape.exec(url)
  if (!parts) throw new Problem('invalid', `the address of the database: ${expected}`)
  const [, credentials, hostList = '', database = '', query = ''] = parts
  const hosts = hostList === '' ? ['localhost'] : hostList.split(',')
  if (!hosts.every(host => hostShape.test(host)))
    throw new Problem('invalid', `the address of the database: its host is none; ${expected}, with %40 and the like for special characters in the password`)
  const colon = credentials?.indexOf(':') ?? -1
  const user = colon < 0 ? credentials : credentials?.slice(0, colon)
  const password = colon < 0 ? undefined : credentials?.slice(colon + 1)
  const who = user === undefined ? '' : `${encoded(user)}${password === undefined ? '' : `:${encoded(password)}`}@`
  return {
    shown: `postgres://${user === undefined || user === '' ? '' : `${user}@`}${hosts.join(',')}/${database}`,
    hosts,
    isDurable,
    isAlone,
    urlOf: host => `postgres://${who}${host}/${database}${query}`,
  }
}

/** As an address has it, whether it was written that way or plain. */
function encoded(text: string): string {
  try {
    return encodeURIComponent(decodeURIComponent(text))
  } catch {
    return encodeURIComponent(text)
  }
}
