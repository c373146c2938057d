import { urlOf } from '@writ/contracts'

/** Internet addresses: eight groups of 16 bits. An IPv4 address is its IPv4-mapped IPv6 address (RFC 4291, section 2.5.5.2). */
export type Address = readonly number[]
export type AddressRange = { readonly address: Address; readonly bits: number }

/** Text that looks like an address and is none that can be relied on. */
export const ODD_ADDRESS = 'odd'

const LONGEST = 256

/**
 * Reads an address as a client would: also `[::1]`, and the numeric forms that clients take for IPv4 (`0x7f.1`, `2130706433`), because
 * a range that can be evaded by spelling is none.
 * @returns null for a text that is no address, a host name for example
 */
export function addressOf(text: string): Address | typeof ODD_ADDRESS | null {
  if (text.length > LONGEST) return ODD_ADDRESS
  if (text.includes(':')) return ipv6Of(text.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/s, '')) ?? ODD_ADDRESS
  if (!/(?:^|\.)(?:\d+|0x[\da-f]*)\.?$/i.test(text)) return null
  return ipv4Of(canonicalHost(text)) ?? ODD_ADDRESS
}

/** `10.0.0.0/8`, `fd00::/8`, or one address. Bits beyond the prefix do not matter. */
export function rangeOf(text: string): AddressRange | null {
  const [, address = '', prefix] = /^([^/]+)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? []
  const [groups, most] = address.includes(':') ? [ipv6Of(address), 128] : [ipv4Of(address), 32]
  const bits = Number(prefix ?? most)
  return groups === null || bits > most ? null : { address: groups, bits: bits + 128 - most }
}

export const isWithin = (address: Address, { address: start, bits }: AddressRange): boolean =>
  start.every((group, at) => {
    const shift = 16 - Math.min(16, Math.max(0, bits - at * 16))
    return group >> shift === (address[at] ?? 0) >> shift
  })

/** The host parser of the URL standard knows every numeric form. */
function canonicalHost(text: string): string {
  return urlOf(`http://${text}/`)?.hostname ?? ''
}

function ipv4Of(text: string): Address | null {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1)
  if (parts === undefined || parts.some((part) => Number(part) > 255 || /^0\d/.test(part))) return null
  const [a = 0, b = 0, c = 0, d = 0] = parts.map(Number)
  return [0, 0, 0, 0, 0, 0xffff, a * 256 + b, c * 256 + d]
}

function ipv6Of(text: string): Address | null {
  const halves = text.split('::')
  if (halves.length > 2) return null
  const [head, tail] = [groupsOf(halves[0] ?? ''), groupsOf(halves[1] ?? '')]
  if (head === null || tail === null) return null
  const missing = 8 - head.length - tail.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null
  return [...head, ...Array.from({ length: missing }, () => 0), ...tail]
}

function groupsOf(text: string): number[] | null {
  if (text === '') return []
  const parts = text.split(':')
  const last = parts.at(-1) ?? ''
  const tail = last.includes('.') ? ipv4Of(last)?.slice(6) : []
  const hex = last.includes('.') ? parts.slice(0, -1) : parts
  if (tail === undefined || hex.some((part) => !/^[\da-f]{1,4}$/i.test(part))) return null
  return [...hex.map((part) => Number.parseInt(part, 16)), ...tail]
}
