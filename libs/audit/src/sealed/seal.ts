import type { KeyObject } from 'node:crypto'
import { createCipheriv, createDecipheriv, hash } from 'node:crypto'
import type { Disclosure, Sealed, SubjectKeyId } from '@writ/contracts'
import type { SealingKey } from './subject-keys.ts'
import { openingKey } from './subject-keys.ts'

/** @property salt 32 random bytes, never used before @property nonce 12 random bytes, likewise */
export type Randomness = { readonly salt: Uint8Array; readonly nonce: Uint8Array }

/** A sealed value, opened: what its commitment is made of. */
export type Opened = Pick<Disclosure, 'salt' | 'value'>

const SALT_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
const COMMITMENT = Buffer.from('writ-c1')

/** Commits to a value and encrypts it. A value that is cut off at a lone surrogate is sealed as what its UTF-8 says. */
export function sealTo({ id, epk, key }: SealingKey, value: string, { salt, nonce }: Randomness): Sealed {
  if (salt.length !== SALT_BYTES || nonce.length !== NONCE_BYTES)
    throw new RangeError(`sealing takes ${SALT_BYTES} bytes of salt and ${NONCE_BYTES} of nonce`)
  const plain = Buffer.concat([COMMITMENT, salt, Buffer.from(value)])
  const c = hash('sha256', plain, 'hex')
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(statement(id, c)))
  const sealed = cipher.update(plain.subarray(COMMITMENT.length))
  cipher.final()
  return { c, ct: Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString('base64url'), epk, key: id }
}

/** Null for what was not sealed to this key, was changed, or says another thing than it commits to. */
export const openSealed = (sealed: Sealed, subject: KeyObject): Opened | null =>
  createOpener(() => subject)(sealed)

function derivedOrNull(epk: string, id: SubjectKeyId, subject: KeyObject): Uint8Array | null {
  try {
    return openingKey(epk, id, subject)
  } catch {
    // no point of the curve
    return null
  }
}

function openedWith(key: Uint8Array, sealed: Sealed): Opened | null {
  const plain = decrypted(sealed, key)
  if (plain === null || plain.length < SALT_BYTES) return null
  const salt = plain.subarray(0, SALT_BYTES).toString('hex')
  const value = plain.subarray(SALT_BYTES).toString('utf8')
  return commitmentOf({ salt, value }) === sealed.c ? { salt, value } : null
}

/**
 * Opens many values. Keys are derived once for each pair of keys: those of one boot of a gateway share theirs, and a name is one value in
 * all the records that it stands in.
 * @param subjectOf the private key of a subject; null where it cannot be had
 */
export function createOpener(
  subjectOf: (key: SubjectKeyId) => KeyObject | null,
): (sealed: Sealed) => Opened | null {
  const keys = new Map<string, Uint8Array | null>()
  const keyOf = ({ epk, key: id }: Sealed): Uint8Array | null => {
    const known = keys.get(`${id}${epk}`)
    if (known !== undefined) return known
    const subject = subjectOf(id)
    const derived = subject && derivedOrNull(epk, id, subject)
    keys.set(`${id}${epk}`, derived)
    return derived
  }
  return (sealed) => {
    const key = keyOf(sealed)
    return key && openedWith(key, sealed)
  }
}

/** Whether an opened value is the one that a record commits to. It takes no key. */
export const disclosureHolds = (sealed: Pick<Sealed, 'c'>, opened: Opened): boolean =>
  commitmentOf(opened) === sealed.c

/** SHA-256("writ-c1" || salt || value), hex. */
export const commitmentOf = ({ salt, value }: Opened): string =>
  hash('sha256', Buffer.concat([COMMITMENT, Buffer.from(salt, 'hex'), Buffer.from(value)]), 'hex')

function decrypted({ c, ct, key: id }: Sealed, key: Uint8Array): Buffer | null {
  const bytes = Buffer.from(ct, 'base64url')
  if (bytes.length < NONCE_BYTES + TAG_BYTES) return null
  try {
    const nonce = bytes.subarray(0, NONCE_BYTES)
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
    decipher.setAAD(Buffer.from(statement(id, c))).setAuthTag(bytes.subarray(-TAG_BYTES))
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
  } catch {
    return null
  }
}

const statement = (id: string, c: string): string => `writ.sealed.v1\n${id}\n${c}`
