import { createHash } from 'node:crypto'
import { isSealed } from '@writ/contracts'
import type { Json, JsonObject } from '@writ/contracts'

/** Views are kept whole up to this size each, in UTF-8 bytes: two of them fit into one record. */
const LARGEST_VIEW_BYTES = 24 * 1024
const LONGEST_NAME = 256

/**
 * A view of the API as a record can hold it: without secrets, integers only (a fraction is kept as text), and not larger than a
 * record. Of one that is larger the short members of its root remain, and the hash of the whole.
 * @param personal seals what is personal, before anything is hashed
 */
export function recordable(view: unknown, personal: (view: Json) => Json = (same) => same): Json {
  const kept = personal(withoutSecrets(view))
  const text = JSON.stringify(kept)
  const sizeBytes = Buffer.byteLength(text)
  if (sizeBytes <= LARGEST_VIEW_BYTES) return kept
  const sha256 = createHash('sha256').update(text).digest('hex')
  return { ...shortMembersOf(kept), cut: { sha256, sizeBytes } }
}

/** Members that hold a secret, whatever it looks like. */
const SECRET_MEMBERS = new Set(['key', 'token', 'secret', 'password', 'clientSecret', 'link'])
/** `<id>.<43 characters>`: what every one-time or bearer secret of the platform looks like, wherever it stands. */
const SECRET_TEXT = /\b([a-z]{3}_[0-9A-HJKMNP-TV-Z]{26})\.[A-Za-z0-9_-]{43}/g

export function withoutSecrets(value: unknown): Json {
  if (typeof value === 'string') return value.replaceAll(SECRET_TEXT, '$1.…')
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : String(value)
  if (typeof value === 'boolean') return value
  if (Array.isArray(value)) return value.map(withoutSecrets)
  return typeof value === 'object' && value !== null ? keepMembers(value) : null
}

const keepMembers = (value: object): JsonObject =>
  value instanceof Date
    ? { at: value.toISOString() }
    : Object.fromEntries(
        Object.entries(value)
          .filter(([name, member]) => member !== undefined && !isSecret(name, member))
          .map(([name, member]) => [name, withoutSecrets(member)]),
      )

// A key of another kind, such as the public key of an agent, is an object.
const isSecret = (name: string, member: unknown): boolean =>
  SECRET_MEMBERS.has(name) && typeof member === 'string'

const shortMembersOf = (view: Json): JsonObject =>
  typeof view === 'object' && view !== null && !Array.isArray(view)
    ? Object.fromEntries(Object.entries(view).filter(([, member]) => isShort(member)))
    : {}

const isShort = (member: Json): boolean =>
  member === null || isSealed(member) || (typeof member !== 'object' && String(member).length <= LONGEST_NAME)
