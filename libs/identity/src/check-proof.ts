import type { ProofClaims } from '@writ/contracts'
import { Refusal } from '@writ/contracts'
import { namesResource } from './htu.ts'
import { NONCE_LIFE_MS } from './nonces.ts'
import { PROOF_AHEAD_MS, PROOF_PAST_MS } from './proof-window.ts'
import { wrong } from './proof.ts'
import type { NonceKeeper } from './replay-guard.ts'

/** What the claims of a proof must be about. */
export type ProofSubject = {
  readonly verb: string
  readonly resource: string
  /** base64url SHA-256 of the access token; null where none goes with the proof */
  readonly tokenSha256: string | null
  /** base64url SHA-256 of the raw request body */
  readonly bodySha256: string
}

/** Epoch milliseconds after which a proof that was accepted once can no longer be accepted. */
export type Acceptable = { readonly lastMs: number }

/** Whether a proof is about this request and this moment (RFC 9449 §4.3 items 8 to 12). */
export function checkProof(
  claims: ProofClaims,
  subject: ProofSubject,
  nonces: NonceKeeper,
  nowMs: number,
): Acceptable | Refusal {
  return checkSubject(claims, subject) ?? checkNonce(claims, nonces) ?? checkTime(claims, nowMs)
}

function checkSubject(claims: ProofClaims, subject: ProofSubject): Refusal | null {
  if (claims.htm !== subject.verb) return wrong('htm is not the method of this request')
  if (!namesResource(claims.htu, subject.resource)) return wrong('htu is not the URL of this resource')
  if (subject.tokenSha256 !== null && claims.ath !== subject.tokenSha256)
    return wrong('ath is not the hash of the access token')
  if (claims.wbd !== undefined && claims.wbd !== subject.bodySha256)
    return wrong('wbd is not the hash of the body')
  return null
}

function checkNonce({ nonce }: ProofClaims, nonces: NonceKeeper): Refusal | null {
  if (nonce === undefined) return nonces.required ? new Refusal('nonce_required') : null
  return nonces.check(nonce) === 'valid' ? null : new Refusal('nonce_required', 'the nonce is not current')
}

/** A nonce says when a proof was made better than the clock of the agent does: `iat` counts only without one. */
function checkTime({ iat, exp, nbf, nonce }: ProofClaims, nowMs: number): Acceptable | Refusal {
  if (exp !== undefined && exp * 1_000 <= nowMs) return wrong('the proof has expired')
  if (nbf !== undefined && nbf * 1_000 > nowMs + PROOF_AHEAD_MS) return wrong('the proof is not valid yet')
  if (nonce !== undefined) return { lastMs: nowMs + NONCE_LIFE_MS }
  const madeAtMs = iat * 1_000
  const isInWindow = madeAtMs >= nowMs - PROOF_PAST_MS && madeAtMs <= nowMs + PROOF_AHEAD_MS
  if (isInWindow) return { lastMs: madeAtMs + PROOF_PAST_MS }
  return new Refusal('nonce_required', 'iat is too far from the time here; a nonce may stand in for it')
}
