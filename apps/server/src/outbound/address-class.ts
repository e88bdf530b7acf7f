/** What kind of place an address is. Only `public` may be reached without an operator's word. */
import ipaddr from 'ipaddr.js'

export type AddressClass = 'public' | 'loopback' | 'private' | 'link-local' | 'metadata' | 'reserved'

export type Address = ipaddr.IPv4 | ipaddr.IPv6

/** Where clouds tell a machine its own secrets. Most lie in ranges that are refused anyway. */
const metadata: ReadonlySet<string> = new Set([
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  '168.63.129.16',
  '100.100.100.200',
  '192.0.0.192',
  'fd00:ec2::254',
  'fd00:ec2::23',
  'fd20:ce::254',
])

/** The part of IPv6 that is given out to the public. */
const globalUnicast: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3]

/** Null when the text is no address. An IPv4 address inside an IPv6 one is taken out. */
export function parseAddress(text: string): Address | null {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text
  return ipaddr.isValid(bare) ? ipaddr.process(bare) : null
}

export function classOf(address: Address): AddressClass {
  if (isMetadata(address)) return 'metadata'
  if (address instanceof ipaddr.IPv4) return classOfRange(address.range())
  const range = address.range()
  if (range === 'unicast') return address.match(globalUnicast) ? 'public' : 'reserved'
  return classOfRange(range)
}

export function isMetadata(address: Address): boolean {
  return metadata.has(address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString())
}

function classOfRange(range: string): AddressClass {
  switch (range) {
    case 'unicast':
      return 'public'
    case 'loopback':
    case 'unspecified':
      return 'loopback'
    case 'private':
    case 'uniqueLocal':
    case 'carrierGradeNat':
      return 'private'
    case 'linkLocal':
      return 'link-local'
    default:
      return 'reserved'
  }
}
