import { BlockList, isIP } from 'node:net'

/**
 * Where an address leads. `never`: nothing that anybody could want to allow, such as where clouds hand out credentials.
 * `private` and `loopback` are reached where somebody who answers for that network said so.
 */
export type AddressKind = 'public' | 'private' | 'loopback' | 'never'

/**
 * @param address a literal IPv4 or IPv6 address. IPv4 within IPv6 (mapped, or translated by NAT64) is judged as that IPv4 address; what
 * wraps it in other ways (6to4, Teredo, local NAT64 prefixes) is `never`
 */
export function kindOfAddress(address: string): AddressKind {
  const family = isIP(address)
  // A zone says on which interface: only addresses of this link have one.
  if (family === 0 || address.includes('%')) return 'never'
  const plain = plainAddress(address)
  const found = KINDS.find(({ list }) => list.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4'))
  return found?.kind ?? 'public'
}

/** The IPv4 address that a mapped or NAT64 one stands for (RFC 4291 §2.5.5.2, RFC 6052 §2.1); any other as it is. */
export function plainAddress(address: string): string {
  if (isIP(address) !== 6) return address
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1)
  const [, high, low] = /^(?:::ffff:|64:ff9b::)([\da-f]{1,4}):([\da-f]{1,4})$/.exec(canonical) ?? []
  if (high === undefined || low === undefined) return address
  return [high, low]
    .map((group) => Number.parseInt(group, 16))
    .flatMap((group) => [group >> 8, group & 255])
    .join('.')
}

/** @param networks in CIDR notation */
export function networksOf(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits] = network.split('/')
    list.addSubnet(address, Number(bits), address.includes(':') ? 'ipv6' : 'ipv4')
  }
  return list
}

/** True where all of a network is private: what an operator can allow. @param network in CIDR notation */
export function isPrivateNetwork(network: string): boolean {
  const [address = '', bits] = network.split('/')
  const family = address.includes(':') ? 'ipv6' : 'ipv4'
  return PRIVATE_NETWORKS.some((within) => {
    const isWide = Number(within.split('/')[1]) > Number(bits)
    return (
      !isWide && within.includes(':') === (family === 'ipv6') && networksOf([within]).check(address, family)
    )
  })
}

/** RFC 1918, RFC 6598 (carriers), RFC 4193. */
export const PRIVATE_NETWORKS = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7']

// IANA's special-purpose registries. What is never reached goes first: some of it stands inside private networks.
const KINDS: readonly { readonly kind: AddressKind; readonly list: BlockList }[] = [
  {
    kind: 'never',
    list: networksOf([
      // metadata and credential services of clouds
      '100.100.100.200/32',
      '168.63.129.16/32',
      'fd00:ec2::/32',
      'fd20:ce::254/128',
      // this host, this link, protocol assignments, documentation, benchmarks, relays, multicast, reserved, broadcast
      '0.0.0.0/8',
      '169.254.0.0/16',
      '192.0.0.0/24',
      '192.0.2.0/24',
      '192.88.99.0/24',
      '198.18.0.0/15',
      '198.51.100.0/24',
      '203.0.113.0/24',
      '224.0.0.0/4',
      '240.0.0.0/4',
    ]),
  },
  { kind: 'loopback', list: networksOf(['127.0.0.0/8', '::1/128']) },
  {
    kind: 'never',
    list: networksOf([
      '::/96',
      '::ffff:0:0:0/96',
      '64:ff9b::/32',
      '100::/64',
      '2001::/23',
      '2001:db8::/32',
      '2002::/16',
      '3fff::/20',
      '5f00::/16',
      'fe80::/10',
      'fec0::/10',
      'ff00::/8',
    ]),
  },
  { kind: 'private', list: networksOf(PRIVATE_NETWORKS) },
]
