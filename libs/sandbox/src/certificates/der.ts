/** The part of DER (X.690) that a certificate needs. Each function returns one whole element. */
export const sequence = (...parts: readonly Uint8Array[]): Buffer => element(0x30, Buffer.concat(parts))
export const set = (...parts: readonly Uint8Array[]): Buffer => element(0x31, Buffer.concat(parts))
export const utf8 = (text: string): Buffer => element(0x0c, Buffer.from(text, 'utf8'))
export const octets = (bytes: Uint8Array): Buffer => element(0x04, bytes)
export const truth = (): Buffer => element(0x01, Uint8Array.of(0xff))
export const bits = (bytes: Uint8Array, unused = 0): Buffer =>
  element(0x03, Buffer.concat([Uint8Array.of(unused), bytes]))

/** Of a positive number, given by its bytes. */
export function integer(bytes: Uint8Array): Buffer {
  const significant = Buffer.from(bytes).subarray(
    Math.max(
      0,
      bytes.findIndex((byte) => byte !== 0),
    ),
  )
  const isNegative = ((significant[0] ?? 0) & 0x80) !== 0
  return element(0x02, isNegative ? Buffer.concat([Uint8Array.of(0), significant]) : significant)
}

/** @param tag number of the context-specific tag */
export const explicit = (tag: number, part: Uint8Array): Buffer => element(0xa0 | tag, part)
export const implicit = (tag: number, bytes: Uint8Array): Buffer => element(0x80 | tag, bytes)

/** @param dotted e.g. `2.5.29.17` */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...others] = dotted.split('.').map(Number)
  return element(0x06, Uint8Array.from([first * 40 + second, ...others.flatMap(sevenBits)]))
}

const sevenBits = (value: number): number[] => {
  const groups = [value & 0x7f]
  for (let left = Math.floor(value / 128); left > 0; left = Math.floor(left / 128))
    groups.unshift((left & 0x7f) | 0x80)
  return groups
}

/** RFC 5280 section 4.1.2.5: two digits of the year until 2049. */
export function time(atMs: number): Buffer {
  const text = new Date(atMs).toISOString().replaceAll(/[-:T]|\.\d+/g, '')
  const isLate = new Date(atMs).getUTCFullYear() >= 2050
  return element(isLate ? 0x18 : 0x17, Buffer.from(isLate ? text : text.slice(2), 'ascii'))
}

export function element(tag: number, content: Uint8Array): Buffer {
  return Buffer.concat([Uint8Array.from([tag, ...lengthOf(content.length)]), content])
}

function lengthOf(length: number): number[] {
  if (length < 0x80) return [length]
  const bytes: number[] = []
  for (let left = length; left > 0; left >>>= 8) bytes.unshift(left & 0xff)
  return [0x80 | bytes.length, ...bytes]
}
