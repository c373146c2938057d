import { z } from 'zod'
import { HumanId, SubjectKeyId } from './id.ts'

/**
 * One personal value of a human: committed and encrypted, so that the record that holds it can be proved for ever and read no longer
 * than its key lives.
 * `c` = SHA-256("writ-c1" || salt || UTF-8 of the value), the salt 32 random bytes. `ct` = nonce (12 bytes) || AES-256-GCM of (salt || value)
 * || tag (16 bytes), under HKDF-SHA-256 of X25519 between `epk` and the subject's key. See `sealTo` of `@writ/audit`.
 */
export const Sealed = z.strictObject({
  /** the commitment, hex */
  c: z.string().regex(/^[0-9a-f]{64}$/),
  /** base64url */
  ct: z.string().regex(/^[A-Za-z0-9_-]{80,2048}$/),
  /** the ephemeral public key, raw X25519, base64url */
  epk: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  /** whose key opens it */
  key: SubjectKeyId,
})
export type Sealed = z.infer<typeof Sealed>

/** The name of a human in a record. Records of before names were sealed hold it as text; of whom nothing is known, the id stands there. */
export const PersonName = z.union([z.string(), Sealed])
export type PersonName = z.infer<typeof PersonName>

/** What an enforcement point seals to a human with. `publicKey`: raw X25519, base64url; the other half never leaves the control plane. */
export const SubjectKey = z.strictObject({
  id: SubjectKeyId,
  publicKey: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  /** the human's name, sealed once */
  name: Sealed,
})
export type SubjectKey = z.infer<typeof SubjectKey>

/** A value of a record, opened. `path`: JSON pointer (RFC 6901) into the record; `salt`: hex. With `c` in the record it proves itself. */
export const Disclosure = z.strictObject({
  path: z.string(),
  salt: z.string().regex(/^[0-9a-f]{64}$/),
  value: z.string(),
})
export type Disclosure = z.infer<typeof Disclosure>

/** Of a human whose key was destroyed: nobody can read any more what was sealed to them. */
export const RecordedErasure = z.strictObject({
  subject: HumanId,
  /** null: nothing had been sealed to them */
  key: SubjectKeyId.nullable(),
  reason: z.enum(['request', 'retention', 'other']),
  /** versions of policy bundles of which the text, which names them, was removed */
  bundles: z.int().nonnegative(),
})
export type RecordedErasure = z.infer<typeof RecordedErasure>

/** Whether a member of a record is one of these; the form is closed, so nothing else looks like it. */
export const isSealed = (value: unknown): value is Sealed => Sealed.safeParse(value).success

/** A name as far as it can be read without a key. */
export const legibleName = (name: PersonName): string | null => (typeof name === 'string' ? name : null)
