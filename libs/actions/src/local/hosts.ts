/** An address as a number and how long it is: IPv6 that holds an IPv4 address is that address. */
export type Address = { readonly bits: 32 | 128; readonly value: bigint }

/** What a host is, by its name or address alone; nobody is asked. */
export type HostKind = 'loopback' | 'metadata' | 'private' | 'public'

/** `canonical`: as every client would understand it; null where it is no host. */
export function canonicalHost(written: string): string | null {
  const plain = written.trim().replaceAll(/^\[|\]$/g, '')
  const bracketed = plain.includes(':') ? `[${plain.replace(/%.*$/, '')}]` : plain
  const url = URL.parse(`http://${bracketed}/`)
  if (url === null || url.username !== '' || url.port !== '') return null
  return url.hostname.replaceAll(/^\[|\]$/g, '').replace(/\.+$/, '') || null
}

export function kindOfHost(host: string): HostKind {
  const address = addressOf(host) ?? embeddedAddress(host)
  if (address !== null) return kindOfAddress(address)
  if (LOOPBACK_NAMES.test(host)) return 'loopback'
  if (METADATA_NAMES.test(host)) return 'metadata'
  return PRIVATE_NAMES.test(host) || !host.includes('.') ? 'private' : 'public'
}

const LOOPBACK_NAMES =
  /^(?:localhost|.*\.localhost|localhost\.localdomain|ip6-(?:localhost|loopback)|host\.docker\.internal|(?:.*\.)?(?:localtest\.me|lvh\.me|vcap\.me|lacolhost\.com))$/
const METADATA_NAMES =
  /^(?:metadata|metadata\.google\.internal|.*\.metadata\.google\.internal|metadata\.goog|instance-data(?:\.[\w-]+)?(?:\.compute\.internal)?|metadata\.(?:azure|tencentyun|packet|platformequinix)\.(?:internal|com|net))$/
const PRIVATE_NAMES = /\.(?:internal|local|lan|home|corp|intranet|private|localdomain|home\.arpa|test)$/

/** The address that a host is, in canonical form. */
function addressOf(host: string): Address | null {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return { bits: 32, value: fourOf(host.split('.')) }
  return host.includes(':') ? unwrapped(sixOf(host)) : null
}

/** `169.254.169.254.nip.io` and its kin answer with the address in their name. */
function embeddedAddress(host: string): Address | null {
  const match = /(?:^|[.-])(\d{1,3})[.-](\d{1,3})[.-](\d{1,3})[.-](\d{1,3})\.(?:nip|sslip|xip)\.io$/.exec(
    host,
  )
  if (match !== null) return { bits: 32, value: fourOf(match.slice(1)) }
  const hex = /(?:^|[.-])([\da-f]{8})\.(?:nip|sslip)\.io$/.exec(host)?.[1]
  return hex === undefined ? null : { bits: 32, value: BigInt(`0x${hex}`) }
}

const fourOf = (parts: readonly string[]): bigint =>
  parts.reduce((sum, part) => (sum << 8n) | BigInt(Number(part) & 255), 0n)

/** The eight groups of a canonical IPv6 address as one number. */
function sixOf(host: string): bigint {
  const [head = '', tail] = host.split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - front.length - back.length }, () => '0')
  return [...front, ...zeros, ...back].reduce((sum, part) => (sum << 16n) | BigInt(`0x${part}`), 0n)
}

/** IPv4 inside of IPv6: mapped, compatible, NAT64, 6to4, and Teredo, which writes it inverted. */
function unwrapped(value: bigint): Address {
  const low = value & 0xffff_ffffn
  const top = value >> 32n
  if (top === 0xffffn || top === 0xffff_0000n || (top === 0n && low > 1n)) return { bits: 32, value: low }
  if (top === 0x0064_ff9b_0000_0000_0000_0000n) return { bits: 32, value: low }
  if (value >> 112n === 0x2002n) return { bits: 32, value: (value >> 80n) & 0xffff_ffffn }
  if (value >> 96n === 0x2001_0000n) return { bits: 32, value: low ^ 0xffff_ffffn }
  return { bits: 128, value }
}

const METADATA = new Set(
  [
    '169.254.169.254',
    '169.254.170.2',
    '169.254.170.23',
    '100.100.100.200',
    '192.0.0.192',
    '169.254.0.23',
  ].map((text) => fourOf(text.split('.'))),
)
const METADATA_SIX = new Set([sixOf('fd00:ec2::254'), sixOf('fd00:ec2::23'), sixOf('fd20:ce::254')])

/** First address and length of the prefix of what is not the open internet (RFC 6890). */
const PRIVATE_FOUR: readonly (readonly [string, bigint])[] = [
  ['10.0.0.0', 8n],
  ['100.64.0.0', 10n],
  ['169.254.0.0', 16n],
  ['172.16.0.0', 12n],
  ['192.168.0.0', 16n],
  ['192.0.0.0', 24n],
  ['198.18.0.0', 15n],
  ['224.0.0.0', 3n],
]

const kindOfAddress = ({ bits, value }: Address): HostKind =>
  bits === 128 ? kindOfSix(value) : kindOfFour(value)

function kindOfSix(value: bigint): HostKind {
  if (value <= 1n) return 'loopback'
  if (METADATA_SIX.has(value)) return 'metadata'
  const isPrivate = PRIVATE_SIX.some(([bits, length]) => value >> (128n - length) === bits)
  return isPrivate ? 'private' : 'public'
}

/** fc00::/7, fe80::/10, ff00::/8. */
const PRIVATE_SIX: readonly (readonly [bigint, bigint])[] = [
  [0x7en, 7n],
  [0x3fan, 10n],
  [0xffn, 8n],
]

function kindOfFour(value: bigint): HostKind {
  if (METADATA.has(value)) return 'metadata'
  if (value >> 24n === 127n || value === 0n) return 'loopback'
  const isPrivate = PRIVATE_FOUR.some(
    ([first, length]) => value >> (32n - length) === fourOf(first.split('.')) >> (32n - length),
  )
  return isPrivate || value >> 24n === 0n ? 'private' : 'public'
}
