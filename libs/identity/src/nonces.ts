import { createHmac, hkdfSync } from 'node:crypto'
import { createRecent } from './recent.ts'
import type { NonceKeeper } from './replay-guard.ts'

/** A nonce is made for one step and accepted two steps before and after it. */
const STEP_MS = 60_000
const STEPS_EITHER_SIDE = 2

/** No nonce that is valid now is still valid after so long. */
export const NONCE_LIFE_MS = (2 * STEPS_EITHER_SIDE + 1) * STEP_MS

export type NonceSettings = NonceFamilySettings & {
  /** keeps the nonces of two purposes apart, e.g. `gateway` and `authority` */
  readonly scope: string
  readonly required: boolean
}

/** Nonces that need no memory: an HMAC of the time step under a key derived for the scope (RFC 9449 §8, RFC 5869). */
export function createNonceKeeper({ scope, required, ...settings }: NonceSettings): NonceKeeper {
  return { required, ...createNonceFamily(settings)(scope) }
}

export type NonceFamilySettings = {
  /** at least 32 random bytes; who shares them accepts each other's nonces */
  readonly secret: Uint8Array
  readonly nowMs: () => number
}

/** The nonces of one scope. */
export type Nonces = Pick<NonceKeeper, 'check' | 'current'>

/** Nonces of as many scopes as there are routes, from one secret: none is good for another scope than its own. */
export function createNonceFamily({ secret, nowMs }: NonceFamilySettings): (scope: string) => Nonces {
  if (secret.length < 32) throw new RangeError('a nonce secret needs 32 bytes')
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'writ.dpop-nonce.v2', 32))
  const accepted = createRecent<Accepted>(MOST_SCOPES)
  const stepNow = (): number => Math.floor(nowMs() / STEP_MS)
  const acceptedNow = (scope: string): readonly string[] => {
    const step = stepNow()
    const known = accepted.get(scope)
    if (known?.step === step) return known.nonces
    const nonces = noncesAround(key, scope, step)
    accepted.set(scope, { step, nonces })
    return nonces
  }
  return (scope) => ({
    check: (nonce) => (acceptedNow(scope).includes(nonce) ? 'valid' : 'invalid'),
    current: () => nonceAt(key, scope, stepNow()),
  })
}

type Accepted = { readonly step: number; readonly nonces: readonly string[] }

/** Scopes whose nonces of this minute are kept at hand; of others they are made again. */
const MOST_SCOPES = 1_000

const noncesAround = (key: Buffer, scope: string, step: number): readonly string[] =>
  Array.from({ length: 2 * STEPS_EITHER_SIDE + 1 }, (_, place) =>
    nonceAt(key, scope, step + place - STEPS_EITHER_SIDE),
  )

const nonceAt = (key: Buffer, scope: string, step: number): string =>
  createHmac('sha256', key).update(`${step} ${scope}`).digest('base64url').slice(0, 22)
