import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { formatId } from '@writ/contracts'
import type { IdPrefix } from '@writ/contracts'

export const newId = <P extends IdPrefix>(prefix: P, nowMs: number): `${P}_${string}` =>
  formatId(prefix, nowMs, randomBytes(10))

/** 256 random bits as 43 base64url characters, and the hash (hex) under which they are stored. */
export function newSecret(): { secret: string; sha256: string } {
  const secret = randomBytes(32).toString('base64url')
  return { secret, sha256: sha256Hex(secret) }
}

export const sha256Hex = (text: string | Uint8Array): string =>
  createHash('sha256').update(text).digest('hex')

/** Compares a secret with the stored hash of one, in a time that says nothing about either. */
export const isSecretOf = (secret: string, storedSha256: string): boolean =>
  isSameText(sha256Hex(secret), storedSha256)

/** Hashed first: equal lengths, and the time says nothing about the texts. */
export const isSameText = (one: string, other: string): boolean =>
  timingSafeEqual(createHash('sha256').update(one).digest(), createHash('sha256').update(other).digest())

export const randomToken = (sizeBytes: number): string => randomBytes(sizeBytes).toString('base64url')
