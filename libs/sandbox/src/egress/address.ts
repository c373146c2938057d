import { BlockList, isIP } from 'node:net'

/** Where an address leads that is not simply somewhere on the Internet. */
export type AddressKind = 'public' | 'loopback' | 'metadata' | 'link-local' | 'private' | 'reserved'

/**
 * @param address a literal IPv4 or IPv6 address. IPv4 in an IPv6 spelling (mapped, NAT64, 6to4, Teredo) counts as that IPv4 address, or as reserved
 */
export function kindOfAddress(address: string): AddressKind {
  const family = isIP(address)
  if (family === 0 || address.includes('%')) return 'reserved'
  const mapped = family === 6 ? mappedIpv4(address) : null
  if (mapped !== null) return kindOfAddress(mapped)
  const found = KINDS.find(({ list }) => list.check(address, family === 6 ? 'ipv6' : 'ipv4'))
  return found?.kind ?? 'public'
}

/** Canonical: `::ffff:10.0.0.1`, or any other spelling of it. */
function mappedIpv4(address: string): string | null {
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1)
  const groups =
    /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical) ??
    /^64:ff9b::([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical)
  if (groups === null) return null
  const [high, low] = [Number.parseInt(groups[1] ?? '', 16), Number.parseInt(groups[2] ?? '', 16)]
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

const listOf = (ranges: readonly string[]): BlockList => {
  const list = new BlockList()
  for (const range of ranges) {
    const [net = '', bits] = range.split('/')
    list.addSubnet(net, Number(bits), net.includes(':') ? 'ipv6' : 'ipv4')
  }
  return list
}

// IANA's special-purpose registries. Metadata services first: they stand inside other ranges.
const KINDS: readonly { readonly kind: AddressKind; readonly list: BlockList }[] = [
  {
    kind: 'metadata',
    list: listOf([
      '169.254.169.254/32',
      '169.254.170.2/32',
      '169.254.170.23/32',
      '100.100.100.200/32',
      '192.0.0.192/32',
      '168.63.129.16/32',
      'fd00:ec2::254/128',
      'fd00:ec2::23/128',
      'fd20:ce::254/128',
    ]),
  },
  { kind: 'loopback', list: listOf(['127.0.0.0/8', '0.0.0.0/8', '::1/128', '::/128']) },
  { kind: 'link-local', list: listOf(['169.254.0.0/16', 'fe80::/10']) },
  {
    kind: 'private',
    list: listOf(['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7', 'fec0::/10']),
  },
  {
    kind: 'reserved',
    list: listOf([
      '192.0.0.0/24',
      '192.0.2.0/24',
      '192.88.99.0/24',
      '198.18.0.0/15',
      '198.51.100.0/24',
      '203.0.113.0/24',

      '224.0.0.0/4',
      '240.0.0.0/4',
      '64:ff9b::/32',
      '100::/64',
      '2001::/23',
      '2001:db8::/32',
      '2002::/16',
      '3fff::/20',
      '5f00::/16',
      'ff00::/8',
      '::/96',
    ]),
  },
]
