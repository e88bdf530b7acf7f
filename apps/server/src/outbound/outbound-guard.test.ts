import { describe, expect, it } from 'vitest'
import { AllowList } from './allow-list.js'
import { mustUrl } from './fetch-guarded.js'
import { Forbidden, OutboundGuard, type Resolve } from './outbound-guard.js'

/** Names and what they resolve to. */
const names: Readonly<Record<string, readonly string[]>> = {
  'public.test': ['93.184.216.34'],
  'six.test': ['2606:2800:220:1:248:1893:25c8:1946'],
  'inward.test': ['10.0.0.1'],
  'mixed.test': ['93.184.216.34', '127.0.0.1'],
  'mixed-six.test': ['93.184.216.34', 'fd00::1'],
  localhost: ['127.0.0.1', '::1'],
  'deep.localhost': ['127.0.0.1'],
  'mapped.test': ['::ffff:10.0.0.1'],
  'metadata.google.internal': ['169.254.169.254'],
  'nothing.test': [],
}

const resolve: Resolve = async host => {
  const found = names[host]
  if (found === undefined) throw Object.assign(new Error('not found'), { code: 'ENOTFOUND' })
  return found.map(address => ({ address, family: address.includes(':') ? 6 : 4 }))
}

function guard(allow: readonly string[] = [], ownPorts: readonly number[] = []) {
  return new OutboundGuard({ allow: new AllowList(allow), ownPorts: () => ownPorts, never: [{ host: 'db.test', port: 5433 }], resolve })
}

async function verdict(url: string, on = guard()): Promise<string> {
  try {
    await on.check(mustUrl(url))
    return 'allowed'
  } catch (error) {
    if (error instanceof Forbidden) return error.message
    return `error: ${(error as Error).message}`
  }
}

describe('a target', () => {
  it.each(['http://93.184.216.34/', 'https://public.test/', 'http://public.test:8080/x', 'http://[2606:2800:220:1:248:1893:25c8:1946]/', 'http://six.test/'])(
    '%s is allowed',
    async url => expect(await verdict(url)).toBe('allowed'),
  )

  it.each([
    'http://127.0.0.1/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://017700000001/',
    'http://127.0.0.1./',
    'http://127.255.255.254/',
    'http://0/',
    'http://0.0.0.0/',
    'http://１２７.０.０.１/',
    'http://①②⑦.⓪.⓪.①/',
    'http://%31%32%37.0.0.1/',
    'http://[::1]/',
    'http://[0:0:0:0:0:0:0:1]/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://localhost/',
    'http://LOCALHOST./',
    'http://deep.localhost/',
    'http://mixed.test/',
    'http:\\\\127.0.0.1/',
    'http:127.0.0.1/',
  ])('%s is refused as loopback', async url => expect(await verdict(url)).toBe('that is a loopback address'))

  it.each([
    'http://10.0.0.1/',
    'http://10.1/',
    'http://172.16.0.1/',
    'http://172.31.255.255/',
    'http://192.168.1.1/',
    'http://3232235777/',
    'http://100.64.0.1/',
    'http://[fd00::1]/',
    'http://[fc00::1]/',
    'http://[::ffff:10.0.0.1]/',
    'http://inward.test/',
    'http://mixed-six.test/',
    'http://mapped.test/',
  ])('%s is refused as private', async url => expect(await verdict(url)).toBe('that is a private address'))

  it.each(['http://169.254.1.1/', 'http://[fe80::1]/'])('%s is refused as link-local', async url =>
    expect(await verdict(url)).toBe('that is a link-local address'),
  )

  it.each([
    'http://169.254.169.254/latest/meta-data/',
    'http://169.254.170.2/',
    'http://168.63.129.16/',
    'http://100.100.100.200/',
    'http://192.0.0.192/',
    'http://[fd00:ec2::254]/',
    'http://[fd20:ce::254]/',
    'http://[::ffff:169.254.169.254]/',
    'http://metadata.google.internal/',
    'http://2852039166/',
  ])('%s is refused as metadata', async url => expect(await verdict(url)).toBe('that is a metadata address'))

  it.each([
    'http://224.0.0.1/',
    'http://240.0.0.1/',
    'http://255.255.255.255/',
    'http://192.0.2.1/',
    'http://198.18.0.1/',
    'http://[ff02::1]/',
    'http://[::127.0.0.1]/',
    'http://[::8.8.8.8]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://[2001:0:1::]/',
    'http://[2001:db8::1]/',
    'http://[100::1]/',
    'http://[fec0::1]/',
    'http://[5f00::1]/',
  ])('%s is refused as reserved', async url => expect(await verdict(url)).toBe('that is a reserved address'))

  it.each(['ftp://public.test/', 'file:///etc/passwd', 'gopher://public.test/', 'data:text/plain,x', 'unix:/var/run/docker.sock', 'javascript:1'])(
    '%s is no http',
    url => expect(() => mustUrl(url)).toThrow(/expected http or https/),
  )

  it('holds no credentials, and is a URL', () => {
    expect(() => mustUrl('http://user:pass@public.test/')).toThrow(/may not hold credentials/)
    expect(() => mustUrl('http://127.0.0.1@public.test/')).toThrow(/may not hold credentials/)
    for (const url of ['http://', 'http:///', 'x', 'http://a b/', 'http://[::1', 'http://public.test:99999/', 'http://256.256.256.256/', '//public.test/']) {
      expect(() => mustUrl(url), url).toThrow(Forbidden)
    }
  })

  it.each([22, 25, 53, 111, 445, 2375, 2379, 5432, 6379, 10_250, 11_211])('is refused on port %i unless that is named', async port => {
    expect(await verdict(`http://public.test:${port}/`)).toBe(`port ${port} may not be reached`)
    expect(await verdict(`http://public.test:${port}/`, guard(['public.test']))).toBe(`port ${port} may not be reached`)
    expect(await verdict(`http://public.test:${port}/`, guard([`public.test:${port}`]))).toBe('allowed')
  })

  it('that has no address is no refusal', async () => {
    expect(await verdict('http://nothing.test/')).toBe('error: the name has no address')
    expect(await verdict('http://unknown.test/')).toBe('error: not found')
  })
})

describe('an operator', () => {
  it('allows networks', async () => {
    const on = guard(['10.0.0.0/8', '127.0.0.1', 'fd00::/8'])
    expect(await verdict('http://10.9.8.7/', on)).toBe('allowed')
    expect(await verdict('http://inward.test/', on)).toBe('allowed')
    expect(await verdict('http://mapped.test/', on)).toBe('allowed')
    expect(await verdict('http://[fd00::1]/', on)).toBe('allowed')
    expect(await verdict('http://mixed.test/', on)).toBe('allowed')
    expect(await verdict('http://127.0.0.2/', on)).toBe('that is a loopback address')
    expect(await verdict('http://192.168.1.1/', on)).toBe('that is a private address')
  })

  it('allows hosts, hosts with a port, and suffixes', async () => {
    const on = guard(['inward.test:8080', '*.localhost', 'LOCALHOST'])
    expect(await verdict('http://inward.test:8080/', on)).toBe('allowed')
    expect(await verdict('http://inward.test/', on)).toBe('that is a private address')
    expect(await verdict('http://deep.localhost/', on)).toBe('allowed')
    expect(await verdict('http://localhost/', on)).toBe('allowed')
  })

  it('allows a metadata address only by itself', async () => {
    const url = 'http://169.254.169.254/'
    expect(await verdict(url, guard(['169.254.0.0/16']))).toBe('that is a metadata address')
    expect(await verdict('http://metadata.google.internal/', guard(['metadata.google.internal']))).toBe('that is a metadata address')
    expect(await verdict(url, guard(['169.254.169.254']))).toBe('allowed')
    expect(await verdict(url, guard(['169.254.169.254/32']))).toBe('allowed')
  })

  it.each(['', 'a b', '10.0.0.0/33', 'http://x/', '*.', '*', 'x:0', 'x:99999', '-x.test', '*.*.test'])('hears that "%s" is no entry', entry => {
    expect(() => new AllowList([entry])).toThrow(/outbound\.allow: expected a network/)
  })
})

describe('the server', () => {
  it('is never called by itself, whatever is allowed', async () => {
    const on = guard(['127.0.0.0/8', '::1', 'localhost'], [8080])
    expect(await verdict('http://127.0.0.1:8080/api', on)).toBe('that is this server itself')
    expect(await verdict('http://localhost:8080/api', on)).toBe('that is this server itself')
    expect(await verdict('http://127.0.0.1:8081/api', on)).toBe('allowed')
  })

  it('keeps its own parts to itself', async () => {
    expect(await verdict('http://db.test:5433/', guard(['db.test:5433']))).toBe('that is a part of this server')
  })

  it('checks the address at the other end once more', async () => {
    const on = guard()
    const target = await on.check(new URL('http://public.test/'))
    expect(() => on.checkConnected('10.0.0.1', 80, target)).toThrow(/private/)
    expect(() => on.checkConnected('93.184.216.34', 80, target)).not.toThrow()
    expect(() => on.checkConnected(undefined, 80, target)).toThrow(Forbidden)
  })
})
