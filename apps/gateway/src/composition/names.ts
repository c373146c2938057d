import { createHash } from 'node:crypto'

/** Most model APIs take these names for tools and no others. */
const PLAIN = /^[a-zA-Z0-9_-]{1,64}$/
/** A name of a connection has no underscore, so that the first one of a composed name ends it. */
const SEPARATOR = '__'
const SHORT = /^([a-z0-9-]{1,20})_([a-z2-7]{20})_[a-zA-Z0-9_-]{0,22}$/

/**
 * The name of a tool or prompt among those of other connections: `connection__name`. One that is too long, or has characters that model
 * APIs refuse, is `connection_hash_name`, cut; a single underscore after the connection tells the two forms apart.
 */
export function composedName(connection: string, name: string): string {
  const plain = `${connection}${SEPARATOR}${name}`
  if (PLAIN.test(plain)) return plain
  const readable = name.replaceAll(/[^a-zA-Z0-9_-]+/g, '-').slice(0, 22)
  return `${connection.slice(0, 20)}_${hashOf(connection, name)}_${readable}`
}

/** `short`: what it stands for is found in the listings of the connections whose names begin so. */
export type Parted =
  | { readonly kind: 'plain'; readonly connection: string; readonly name: string }
  | { readonly kind: 'short'; readonly connectionHead: string }

/** Null for a name that no listing can have shown. */
export function parted(composed: string): Parted | null {
  const at = composed.indexOf('_')
  if (at > 0 && composed.startsWith(SEPARATOR, at)) {
    const [connection, name] = [composed.slice(0, at), composed.slice(at + SEPARATOR.length)]
    return composedName(connection, name) === composed ? { kind: 'plain', connection, name } : null
  }
  const head = SHORT.exec(composed)?.[1]
  return head === undefined ? null : { kind: 'short', connectionHead: head }
}

/** 100 bits in base32: nobody finds a name of their own connection that is another's. */
function hashOf(connection: string, name: string): string {
  const digest = createHash('sha256').update(`${connection}\0${name}`).digest()
  let bits = 0n
  for (const byte of digest.subarray(0, 13)) bits = (bits << 8n) | BigInt(byte)
  const letters = Array.from({ length: 20 }, (_, at) => ALPHABET[Number((bits >> BigInt(95 - at * 5)) & 31n)])
  return letters.join('')
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'

/** A resource URI or template with its connection in the scheme: `writ+files:file:///a`. What follows is the upstream's own, to the letter. */
export const composedUri = (connection: string, uri: string): string => `writ+${connection}:${uri}`

export type PartedUri = { readonly connection: string; readonly uri: string }

export function partedUri(composed: string): PartedUri | null {
  const [, connection, uri] = /^writ\+([a-z0-9-]+):(.*)$/s.exec(composed) ?? []
  return connection === undefined || uri === undefined ? null : { connection, uri }
}

/** An id or progress token that an upstream chose, and two could have chosen alike. */
export const composedMark = (connection: string, mark: string | number): string =>
  `${connection}:${typeof mark === 'number' ? 'n' : 's'}:${mark}`

export type PartedMark = { readonly connection: string; readonly mark: string | number }

export function partedMark(composed: string | number | null): PartedMark | null {
  const [, connection, type, mark] = /^([a-z0-9-]+):([ns]):(.*)$/s.exec(String(composed)) ?? []
  if (connection === undefined || mark === undefined) return null
  if (type === 's') return { connection, mark }
  return Number.isFinite(Number(mark)) && String(Number(mark)) === mark
    ? { connection, mark: Number(mark) }
    : null
}

/** The id of an event of a stream, so that it can be taken up again. */
export const composedEventId = (connection: string, eventId: string): string => `${connection}:${eventId}`

export function partedEventId(composed: string): { connection: string; eventId: string } | null {
  const [, connection, eventId] = /^([a-z0-9-]+):([\x21-\x7e]{1,256})$/.exec(composed) ?? []
  return connection === undefined || eventId === undefined ? null : { connection, eventId }
}
