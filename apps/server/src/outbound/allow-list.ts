/** What an operator lets outbound connections reach beyond the public network: networks, hosts, hosts with a port, suffixes. */
import ipaddr from 'ipaddr.js'
import { Problem } from '@busbar/kernel'
import { type Address, parseAddress } from './address-class.js'

type Entry =
  | { readonly kind: 'network'; readonly address: Address; readonly bits: number; readonly isSingle: boolean }
  | { readonly kind: 'host'; readonly host: string; readonly port: number | null }
  | { readonly kind: 'suffix'; readonly suffix: string }

export class AllowList {
  readonly #entries: readonly Entry[]

  /** Throws a Problem that names the entry which is none. */
  constructor(entries: readonly string[]) {
    this.#entries = entries.map(parseEntry)
  }

  /** The address lies in a network that was named. */
  hasAddress(address: Address): boolean {
    return this.#entries.some(entry => entry.kind === 'network' && contains(entry, address))
  }

  /** This very address was named. */
  hasExactly(address: Address): boolean {
    return this.#entries.some(entry => entry.kind === 'network' && entry.isSingle && contains(entry, address))
  }

  /** The name was, on this port or on any. */
  hasHost(host: string, port: number): boolean {
    return this.#entries.some(entry => {
      if (entry.kind === 'suffix') return host.endsWith(entry.suffix)
      return entry.kind === 'host' && entry.host === host && (entry.port === null || entry.port === port)
    })
  }

  /** The name or the address was, with this very port. */
  hasPort(host: string, port: number): boolean {
    return this.#entries.some(entry => entry.kind === 'host' && entry.host === host && entry.port === port)
  }
}

const label = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?'
const name = new RegExp(`^${label}(?:\\.${label})*$`)

function parseEntry(given: string): Entry {
  const text = given.trim().toLowerCase()
  const network = parseNetwork(text)
  if (network !== null) return network
  if (text.startsWith('*.') && name.test(text.slice(2))) return { kind: 'suffix', suffix: text.slice(1) }
  const parts = /^(.+?)(?::(\d{1,5}))?$/.exec(text)
  const host = parts?.[1] ?? ''
  const port = parts?.[2] === undefined ? null : Number(parts[2])
  if ((name.test(host) || parseAddress(host) !== null) && (port === null || (port >= 1 && port <= 65_535))) return { kind: 'host', host, port }
  throw new Problem('invalid', `outbound.allow: expected a network like 10.0.0.0/8, a host, host:port or *.suffix, found "${given}"`)
}

function parseNetwork(text: string): Entry | null {
  const single = parseAddress(text)
  if (single !== null) return { kind: 'network', address: single, bits: bitsOf(single), isSingle: true }
  if (!ipaddr.isValidCIDR(text)) return null
  const [address, bits] = ipaddr.parseCIDR(text)
  return { kind: 'network', address, bits, isSingle: bits === bitsOf(address) }
}

function bitsOf(address: Address): number {
  return address instanceof ipaddr.IPv4 ? 32 : 128
}

function contains(entry: { readonly address: Address; readonly bits: number }, address: Address): boolean {
  if (entry.address instanceof ipaddr.IPv4) return address instanceof ipaddr.IPv4 && address.match(entry.address, entry.bits)
  return address instanceof ipaddr.IPv6 && address.match(entry.address, entry.bits)
}
