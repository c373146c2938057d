import type { KeyObject } from 'node:crypto'
import type { Json, JsonObject, ProofClaims, PublicJwk } from '@writ/contracts'
import { PROOF_TYPE, Refusal } from '@writ/contracts'
import { decodeBase64url } from './base64url.ts'
import type { CompactJws } from './compact-jws.ts'
import { isPlainEs256Header, readCompactJws, readObjectSegment } from './compact-jws.ts'
import { importPublicJwk, thumbprintOf } from './keys.ts'
import { createRecent } from './recent.ts'
import { isJsonObject } from './strict-json.ts'

/** A DPoP proof that is well formed; its signature is not verified yet. */
export type Proof = {
  readonly jws: CompactJws
  readonly claims: ProofClaims
  readonly header: ProofHeader
}

/** The header of a proof; `key` where an equal header was imported before. */
export type ProofHeader = {
  readonly jwk: PublicJwk
  readonly thumbprint: string
  readonly key: KeyObject | null
}

const MAX_PROOF_BYTES = 4_096

/**
 * Reads the one DPoP field of a request (RFC 9449 §4.3 items 1 to 5 and 7).
 * @param fields every value of the field, as the request carried them
 */
export function readProof(fields: readonly string[]): Proof | Refusal {
  const [text, second] = fields
  if (text === undefined || second !== undefined) return wrong('exactly one DPoP field is needed')
  if (text.length > MAX_PROOF_BYTES) return wrong('the proof is longer than 4096 bytes')
  const jws = readCompactJws(text)
  if (jws === null) return wrong('the proof is not one strict compact JWS')
  const header = readHeader(jws.headerText)
  if (header instanceof Refusal) return header
  const claims = jws.claims
  return hasProofClaims(claims)
    ? { jws, header, claims }
    : wrong('a claim of the proof is missing or mistyped')
}

/** The key of a proof, imported at most once per header. */
export const keyOfProof = ({ header }: Proof): KeyObject | null => header.key ?? importPublicJwk(header.jwk)

/** Keeps the imported key of a proof whose signature held. */
export function rememberKey({ jws, header }: Proof, key: KeyObject): void {
  if (header.key === null) knownHeaders.set(jws.headerText, { ...header, key })
}

const knownHeaders = createRecent<ProofHeader>(10_000)

export const wrong = (detail: string): Refusal => new Refusal('proof_invalid', detail)

function readHeader(headerText: string): ProofHeader | Refusal {
  const known = knownHeaders.get(headerText)
  if (known) return known
  const header = readObjectSegment(headerText)
  if (header === null) return wrong('the header of the proof is not one strict JSON object')
  if (!isPlainEs256Header(header, PROOF_TYPE))
    return wrong(`the header of a proof says ${PROOF_TYPE} and ES256, without extensions`)
  const jwk = header['jwk']
  if (!isPublicP256(jwk)) return wrong('the jwk of a proof is a public P-256 signing key')
  return { jwk, thumbprint: thumbprintOf(jwk), key: null }
}

/** Every member that RFC 7518 §6 uses for secret key material, and those that name another key than the one that stands there. */
const FOREIGN_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv', 'x5u', 'x5c', 'jku']

function isPublicP256(jwk: Json | undefined): jwk is PublicJwk {
  if (!isJsonObject(jwk) || FOREIGN_MEMBERS.some((name) => name in jwk)) return false
  if (jwk['kty'] !== 'EC' || jwk['crv'] !== 'P-256') return false
  return isCoordinate(jwk['x']) && isCoordinate(jwk['y']) && isForSigning(jwk)
}

function isForSigning({ use, key_ops: operations, alg }: JsonObject): boolean {
  if (use !== undefined && use !== 'sig') return false
  if (alg !== undefined && alg !== 'ES256') return false
  return operations === undefined || (Array.isArray(operations) && operations.includes('verify'))
}

/** 32 bytes in their one canonical text, so that one key has one thumbprint. */
const isCoordinate = (value: Json | undefined): boolean =>
  typeof value === 'string' && value.length === 43 && decodeBase64url(value) !== null

/** Hand-written, because it runs on every request: what `ProofClaims` says, and a spec holds the two together. */
function hasProofClaims(claims: JsonObject): claims is JsonObject & ProofClaims {
  const { jti, htm, htu, iat, ath, nonce, exp, nbf, wbd } = claims
  return (
    isJti(jti) &&
    [htm, htu].every(isString) &&
    Number.isSafeInteger(iat) &&
    [ath, nonce, wbd].every((claim) => claim === undefined || isString(claim)) &&
    [exp, nbf].every((claim) => claim === undefined || Number.isSafeInteger(claim))
  )
}

const isString = (claim: Json | undefined): claim is string => typeof claim === 'string'

const isJti = (claim: Json | undefined): boolean =>
  isString(claim) && claim.length >= 8 && claim.length <= 128
