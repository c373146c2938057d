import type { ProofClaims } from '@writ/contracts'
import { Refusal } from '@writ/contracts'
import { namesResource } from './htu.ts'
import { NONCE_LIFE_MS } from './nonces.ts'
import { PROOF_AHEAD_MS, PROOF_PAST_MS } from './proof-window.ts'
import { wrong } from './proof.ts'
import type { NonceKeeper, ReplayMemory } from './replay-guard.ts'

/** What the claims of a proof must be about. */
export type ProofSubject = {
  readonly verb: string
  readonly resource: string
  /** base64url SHA-256 of the access token; null where none goes with the proof */
  readonly tokenSha256: string | null
  /** base64url SHA-256 of the raw request body */
  readonly bodySha256: string
  /** the proof has to say so: `wbd` may not be left out */
  readonly bodyDigestRequired?: boolean
}

/** Epoch milliseconds after which a proof that was accepted once can no longer be accepted, and where it can have been used. */
export type Acceptable = { readonly lastMs: number; readonly memory: ReplayMemory }

/** Whether a proof is about this request and this moment (RFC 9449 §4.3 items 8 to 12). */
export function checkProof(
  claims: ProofClaims,
  subject: ProofSubject,
  nonces: NonceKeeper,
  nowMs: number,
): Acceptable | Refusal {
  const wrongSubject = checkSubject(claims, subject)
  if (wrongSubject !== null) return wrongSubject
  const memory = checkNonce(claims, nonces)
  if (memory instanceof Refusal) return memory
  const lastMs = checkTime(claims, nowMs)
  return lastMs instanceof Refusal ? lastMs : { lastMs, memory }
}

function checkSubject(claims: ProofClaims, subject: ProofSubject): Refusal | null {
  if (claims.htm !== subject.verb) return wrong('htm is not the method of this request')
  if (!namesResource(claims.htu, subject.resource)) return wrong('htu is not the URL of this resource')
  if (subject.tokenSha256 !== null && claims.ath !== subject.tokenSha256)
    return wrong('ath is not the hash of the access token')
  return checkBodyDigest(claims, subject)
}

function checkBodyDigest(
  { wbd }: ProofClaims,
  { bodySha256, bodyDigestRequired = false }: ProofSubject,
): Refusal | null {
  if (wbd === undefined)
    return bodyDigestRequired ? wrong('wbd, the hash of the body, is required here') : null
  return wbd === bodySha256 ? null : wrong('wbd is not the hash of the body')
}

function checkNonce({ nonce }: ProofClaims, nonces: NonceKeeper): ReplayMemory | Refusal {
  if (nonce === undefined) return nonces.required ? new Refusal('nonce_required') : 'shared'
  const standing = nonces.check(nonce)
  if (standing === 'invalid') return new Refusal('nonce_required', 'the nonce is not current')
  return standing === 'valid-here' ? 'node' : 'shared'
}

/** A nonce says when a proof was made better than the clock of the agent does: `iat` counts only without one. @returns `lastMs` */
function checkTime({ iat, exp, nbf, nonce }: ProofClaims, nowMs: number): number | Refusal {
  if (exp !== undefined && exp * 1_000 <= nowMs) return wrong('the proof has expired')
  if (nbf !== undefined && nbf * 1_000 > nowMs + PROOF_AHEAD_MS) return wrong('the proof is not valid yet')
  if (nonce !== undefined) return nowMs + NONCE_LIFE_MS
  const madeAtMs = iat * 1_000
  const isInWindow = madeAtMs >= nowMs - PROOF_PAST_MS && madeAtMs <= nowMs + PROOF_AHEAD_MS
  if (isInWindow) return madeAtMs + PROOF_PAST_MS
  return new Refusal('nonce_required', 'iat is too far from the time here; a nonce may stand in for it')
}
