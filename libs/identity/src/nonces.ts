import { createHmac, hkdfSync } from 'node:crypto'
import type { NonceKeeper } from './replay-guard.ts'

/** A nonce is made for one step and accepted two steps before and after it. */
const STEP_MS = 60_000
const STEPS_EITHER_SIDE = 2

/** No nonce that is valid now is still valid after so long. */
export const NONCE_LIFE_MS = (2 * STEPS_EITHER_SIDE + 1) * STEP_MS

export type NonceSettings = {
  /** at least 32 random bytes; who shares them accepts each other's nonces */
  readonly secret: Uint8Array
  /** keeps the nonces of two purposes apart, e.g. `gateway` and `authority` */
  readonly scope: string
  readonly required: boolean
  readonly nowMs: () => number
}

/** Nonces that need no memory: an HMAC of the time step under a key derived for the scope (RFC 9449 §8, RFC 5869). */
export function createNonceKeeper({ secret, scope, required, nowMs }: NonceSettings): NonceKeeper {
  if (secret.length < 32) throw new RangeError('a nonce secret needs 32 bytes')
  const key = Buffer.from(hkdfSync('sha256', secret, '', `writ.dpop-nonce.v1 ${scope}`, 32))
  let accepted = { step: Number.NaN, nonces: [] as readonly string[] }
  const acceptedNow = (): readonly string[] => {
    const step = Math.floor(nowMs() / STEP_MS)
    if (step !== accepted.step) accepted = { step, nonces: noncesAround(key, step) }
    return accepted.nonces
  }
  return {
    required,
    check: (nonce) => (acceptedNow().includes(nonce) ? 'valid' : 'invalid'),
    current: () => nonceAt(key, Math.floor(nowMs() / STEP_MS)),
  }
}

const noncesAround = (key: Buffer, step: number): readonly string[] =>
  Array.from({ length: 2 * STEPS_EITHER_SIDE + 1 }, (_, place) =>
    nonceAt(key, step + place - STEPS_EITHER_SIDE),
  )

const nonceAt = (key: Buffer, step: number): string =>
  createHmac('sha256', key).update(String(step)).digest('base64url').slice(0, 22)
