import type { KeyObject } from 'node:crypto'
import { createPublicKey, diffieHellman, hkdfSync } from 'node:crypto'
import type { SubjectKey, SubjectKeyId } from '@writ/contracts'

/** What values of one human are sealed under for a while: made from an ephemeral key pair, of which `epk` goes along. */
export type SealingKey = { readonly id: SubjectKeyId; readonly epk: string; readonly key: Uint8Array }

/** The public half of an X25519 key, raw, base64url. @throws TypeError for a key of another kind */
export function rawX25519(key: KeyObject): string {
  const { crv, x } = (key.type === 'public' ? key : createPublicKey(key)).export({ format: 'jwk' })
  if (crv !== 'X25519' || x === undefined) throw new TypeError('this is no X25519 key')
  return x
}

/** @param ephemeral a private X25519 key of the sealer, used for one subject only */
export function sealingKey(subject: Pick<SubjectKey, 'id' | 'publicKey'>, ephemeral: KeyObject): SealingKey {
  const epk = rawX25519(ephemeral)
  const shared = diffieHellman({ privateKey: ephemeral, publicKey: publicKeyOf(subject.publicKey) })
  return { id: subject.id, epk, key: derived(shared, { id: subject.id, epk, own: subject.publicKey }) }
}

/** The same key, found by the subject. @throws when `epk` is no point of the curve that takes part in an agreement */
export function openingKey(epk: string, id: SubjectKeyId, subject: KeyObject): Uint8Array {
  const shared = diffieHellman({ privateKey: subject, publicKey: publicKeyOf(epk) })
  return derived(shared, { id, epk, own: rawX25519(subject) })
}

type Parties = { readonly id: SubjectKeyId; readonly epk: string; readonly own: string }

const derived = (shared: Uint8Array, { id, epk, own }: Parties): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', shared, `${epk}${own}`, `writ.sealed.v1\n${id}`, KEY_BYTES))

const KEY_BYTES = 32

const publicKeyOf = (raw: string): KeyObject =>
  createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: raw }, format: 'jwk' })
