/**
 * Where connections that a definition asks for may lead.
 *
 * G1. A literal address is checked, and so is every address that a name resolves to; one that may not be reached refuses
 *     them all. The connection goes to an address that was checked, not to the name.
 * G2. The address at the other end is checked once more when the connection stands.
 * G3. Each hop of a redirect is checked from the start.
 * G4. A refusal names the kind of place, never its address: what is inside stays unknown to who asks from outside.
 */
import { lookup } from 'node:dns/promises'
import { networkInterfaces } from 'node:os'
import { type Address, classOf, isMetadata, parseAddress } from './address-class.js'
import type { AllowList } from './allow-list.js'

/** A target that may not be reached: another try would not mend it. */
export class Forbidden extends Error {
  override readonly name = 'Forbidden'
}

export interface Target {
  /** Checked; the first one that answers is taken. */
  readonly addresses: readonly { readonly address: string; readonly family: 4 | 6 }[]
  /** An operator named the host itself. */
  readonly isListed: boolean
}

export type Resolve = (host: string) => Promise<readonly { readonly address: string; readonly family: number }[]>

export interface GuardOptions {
  readonly allow: AllowList
  /** Ports on which this server listens: it never calls itself. */
  readonly ownPorts: () => readonly number[]
  /** Hosts with ports that are never reached, such as the database's. */
  readonly never?: readonly { readonly host: string; readonly port: number }[]
  readonly resolve?: Resolve
}

/** Where no web server is, but much that takes orders from whoever connects. */
const refusedPorts: ReadonlySet<number> = new Set([22, 25, 53, 111, 445, 2375, 2379, 5432, 6379, 10_250, 11_211])

export class OutboundGuard {
  readonly #options: GuardOptions

  constructor(options: GuardOptions) {
    this.#options = options
  }

  /** Throws `Forbidden`, or what the name server said. */
  async check(url: URL): Promise<Target> {
    const { allow, never = [], resolve = resolveAll } = this.#options
    const port = portOf(url)
    const host = hostOf(url)
    if (refusedPorts.has(port) && !allow.hasPort(host, port)) throw new Forbidden(`port ${port} may not be reached`)
    if (never.some(one => one.host === host && one.port === port)) throw new Forbidden('that is a part of this server')
    const literal = parseAddress(host)
    const isListed = allow.hasHost(host, port)
    const found = literal === null ? await resolve(host) : [{ address: literal.toString(), family: literal.kind() === 'ipv4' ? 4 : 6 }]
    if (found.length === 0) throw new Error('the name has no address')
    for (const { address } of found) this.#mustReach(address, port, isListed)
    return { addresses: found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 })), isListed }
  }

  /** For the connection that stands (G2). */
  checkConnected(address: string | undefined, port: number, target: Target): void {
    this.#mustReach(address ?? '', port, target.isListed)
  }

  #mustReach(text: string, port: number, isListed: boolean): void {
    const { allow, ownPorts } = this.#options
    const address = parseAddress(text)
    if (address === null) throw new Forbidden('that is no address')
    if (ownPorts().includes(port) && isOwn(address)) throw new Forbidden('that is this server itself')
    const kind = classOf(address)
    if (kind === 'public') return
    if (isMetadata(address) ? allow.hasExactly(address) : isListed || allow.hasAddress(address)) return
    throw new Forbidden(`that is a ${kind} address`)
  }
}

export function portOf(url: URL): number {
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
}

/** Without brackets, and without the dot that ends a full name. */
function hostOf(url: URL): string {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase()
  return host.endsWith('.') ? host.slice(0, -1) : host
}

async function resolveAll(host: string): Promise<readonly { readonly address: string; readonly family: number }[]> {
  return lookup(host, { all: true, verbatim: true })
}

function isOwn(address: Address): boolean {
  if (classOf(address) === 'loopback') return true
  const text = address.toString()
  return Object.values(networkInterfaces()).some(list => list?.some(one => parseAddress(one.address.replace(/%.*$/, ''))?.toString() === text))
}
