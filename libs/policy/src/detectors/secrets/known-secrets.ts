import { createHmac } from 'node:crypto'
import { REACH } from '../recogniser.ts'

/**
 * A value that the broker lent or that a result contained, kept so that it is recognised and cannot be read back:
 * `<window>.<rolling hash, 20 bits>.<length>.<HMAC-SHA-256, 128 bits>`, both keyed by the tenant.
 */
export type SecretPrint = string

/** A stretch of a text that is a known secret, in UTF-16 code units. */
export type KnownSpan = { readonly start: number; readonly end: number }

/** @param spent told how many checks were made: each takes some microseconds */
export type SecretSearch = (text: string, spent?: (checks: number) => void) => readonly KnownSpan[]

/** A shorter value is in too much ordinary text, and a longer one is cut: its beginning is what is recognised. */
export const SHORTEST_SECRET = 8
export const LONGEST_SECRET = REACH
/** Prints beyond these are not looked for: the newest are the last. */
export const MOST_PRINTS = 1024

/** @returns null for a value that is too short to be told from ordinary text */
export function fingerprintSecret(value: string, tenantKey: Uint8Array): SecretPrint | null {
  if (value.length < SHORTEST_SECRET) return null
  const known = value.slice(0, LONGEST_SECRET)
  const window = WINDOWS.find((width) => width <= known.length) ?? SHORTEST_SECRET
  const hash = rollingHash(known, known.length - window, { window, base: baseOf(tenantKey) })
  return [window, hash, known.length, tagOf(known, tenantKey)].join('.')
}

/**
 * A search for known secrets that is exact whatever stands around them. Reads the text once for each of at most three window lengths
 * (rolling hash, Rabin and Karp 1987), and checks what has the hash of a secret's end against the whole secret's tag.
 * After `MOST_CHECKS` checks, which no ordinary text needs, what has the hash counts as the secret until the next `STRETCH` characters:
 * the work is linear in the text, whatever stands in it.
 */
export function knownSecrets(prints: readonly SecretPrint[], tenantKey: Uint8Array): SecretSearch {
  const base = baseOf(tenantKey)
  const tables = tablesOf(prints.slice(-MOST_PRINTS))
  return (text, spent = () => {}) => {
    const search: Search = { text, tenantKey, base, checks: 0, checksLeft: 0, found: [], taken: null }
    for (const table of tables) searchWindows(table, search)
    spent(search.checks)
    return search.found.toSorted((one, other) => one.start - other.start || one.end - other.end)
  }
}

const WINDOWS = [32, 16, SHORTEST_SECRET] as const
const HASH_BITS = 20
/** Checks in one stretch of a text for each window. By chance, a thousand known secrets take about four. */
export const MOST_CHECKS = 128
export const STRETCH = 4_096

type Known = { readonly length: number; readonly tag: string }
/** The secrets whose end is hashed over one window length. */
type Table = {
  readonly window: number
  readonly byHash: ReadonlyMap<number, readonly Known[]>
  /** one bit for each hash */
  readonly isHash: Uint32Array
}
type Search = {
  readonly text: string
  readonly tenantKey: Uint8Array
  readonly base: number
  checks: number
  checksLeft: number
  readonly found: KnownSpan[]
  /** the last one that was taken for a secret without a check: grows with those that overlap it */
  taken: { readonly start: number; end: number } | null
}

const tablesOf = (prints: readonly SecretPrint[]): readonly Table[] =>
  WINDOWS.map((window) => tableOf(window, prints)).filter(({ byHash }) => byHash.size > 0)

function tableOf(window: number, prints: readonly SecretPrint[]): Table {
  const byHash = new Map<number, Known[]>()
  const isHash = new Uint32Array(2 ** HASH_BITS / 32)
  for (const print of new Set(prints)) {
    const [width, hash, length, tag = ''] = print.split('.')
    if (Number(width) !== window) continue
    byHash.set(Number(hash), [...(byHash.get(Number(hash)) ?? []), { length: Number(length), tag }])
    isHash[Number(hash) >>> 5] = (isHash[Number(hash) >>> 5] ?? 0) | (1 << (Number(hash) & 31))
  }
  // the longest first, so that what is taken without a check covers all the others
  for (const known of byHash.values()) known.sort((one, other) => other.length - one.length)
  return { window, byHash, isHash }
}

function searchWindows({ window, byHash, isHash }: Table, search: Search): void {
  const { text, base } = search
  const leaving = powerOf(base, window)
  let hash = 0
  search.taken = null
  for (let place = 0; place < text.length; place++) {
    if (place % STRETCH === 0) search.checksLeft = MOST_CHECKS
    hash = (Math.imul(hash, base) + text.charCodeAt(place) + 1) | 0
    if (place >= window) hash = (hash - Math.imul(leaving, text.charCodeAt(place - window) + 1)) | 0
    const top = topOf(hash)
    if (place < window - 1 || (((isHash[top >>> 5] ?? 0) >>> (top & 31)) & 1) === 0) continue
    checkAll(byHash.get(top) ?? [], place + 1, search)
  }
}

function checkAll(known: readonly Known[], end: number, search: Search): void {
  for (const { length, tag } of known) {
    const start = end - length
    if (start < 0) continue
    if (search.checksLeft === 0) return take(start, end, search)
    search.checksLeft--
    search.checks++
    if (tagOf(search.text.slice(start, end), search.tenantKey) === tag) search.found.push({ start, end })
  }
}

function take(start: number, end: number, search: Search): void {
  if (search.taken !== null && search.taken.end > start) search.taken.end = end
  else search.found.push((search.taken = { start, end }))
}

function rollingHash(
  value: string,
  from: number,
  { window, base }: { window: number; base: number },
): number {
  let hash = 0
  for (let place = from; place < from + window; place++)
    hash = (Math.imul(hash, base) + value.charCodeAt(place) + 1) | 0
  return topOf(hash)
}

/** The low bits of a product modulo 2^32 depend on low bits alone. */
const topOf = (hash: number): number => hash >>> (32 - HASH_BITS)

const powerOf = (base: number, exponent: number): number =>
  Array.from({ length: exponent }).reduce<number>((power) => Math.imul(power, base), 1)

/** Odd, so that no character's share is lost; secret, so that texts cannot be made to have a hash. */
const baseOf = (tenantKey: Uint8Array): number =>
  createHmac('sha256', tenantKey).update('writ.known-secret.base').digest().readInt32LE(0) | 1

const tagOf = (value: string, tenantKey: Uint8Array): string =>
  createHmac('sha256', tenantKey)
    .update('writ.known-secret.value\0')
    .update(value)
    .digest()
    .subarray(0, 16)
    .toString('base64url')
