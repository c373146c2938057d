import type { KeyObject } from 'node:crypto'
import type { Actor, AgentId, JsonObject, SessionId } from '@writ/contracts'
import { ACCESS_TOKEN_TYPE, AccessTokenClaims, MAX_ACTORS, Refusal } from '@writ/contracts'
import { isPlainEs256Header, isSignedBy, readCompactJws, readObjectSegment } from './compact-jws.ts'
import { PROOF_AHEAD_MS } from './proof-window.ts'
import { createRecent } from './recent.ts'
import { sha256 } from './sha256.ts'

/** Whose tokens count here. Nothing in a token makes this room look further. */
export type TokenTrust = {
  readonly tenantId: string
  readonly issuer: string
  /** any one of them in `aud` suffices */
  readonly audiences: readonly string[]
  /** keys of the issuer by `kid`; while it answers the same object, a verified token is not verified again */
  readonly keyOf: (kid: string) => KeyObject | undefined
}

export type AccessToken = {
  readonly claims: AccessTokenClaims
  /** base64url SHA-256 of the token: what `ath` must be */
  readonly sha256: string
}

/** Verifies an access token (RFC 9068 §4, RFC 9449 §6): its signature once per token and key, its claims every time. */
export async function verifyAccessToken(
  token: string,
  trust: TokenTrust,
  nowMs: number,
  offload = false,
): Promise<AccessToken | Refusal> {
  const tokenSha256 = sha256(token)
  const known = knownSigned(tokenSha256, trust)
  const signed = known ?? (await verifySigned(token, trust, offload))
  if (signed instanceof Refusal) return signed
  if (known === null) verified.set(tokenSha256, signed)
  return checkClaims(signed, trust, nowMs) ?? { claims: signed.claims, sha256: tokenSha256 }
}

/** A token whose signature held under `key`. */
type SignedToken = {
  readonly kid: string
  readonly key: KeyObject
  readonly claims: AccessTokenClaims
  readonly notBeforeMs: number
}

const verified = createRecent<SignedToken>(10_000)

/** A verification counts as long as its key does: a key that the issuer withdrew takes its tokens along. */
function knownSigned(tokenSha256: string, trust: TokenTrust): SignedToken | null {
  const known = verified.get(tokenSha256)
  return known !== undefined && trust.keyOf(known.kid) === known.key ? known : null
}

const MAX_TOKEN_BYTES = 8_192

async function verifySigned(
  token: string,
  trust: TokenTrust,
  offload: boolean,
): Promise<SignedToken | Refusal> {
  if (token.length > MAX_TOKEN_BYTES) return notHeld('the access token is longer than 8192 bytes')
  const jws = readCompactJws(token)
  const kid = jws && kidOf(readObjectSegment(jws.headerText))
  if (jws === null || kid === null) return notHeld('the access token is not an at+jwt signed with ES256')
  const key = trust.keyOf(kid)
  if (key === undefined || !(await isSignedBy(jws, key, offload)))
    return notHeld('the access token is not signed by a key of this authority')
  const { success, data: claims } = AccessTokenClaims.safeParse(jws.claims)
  const notBeforeMs = notBeforeMsOf(jws.claims)
  if (!success || notBeforeMs === null) return notHeld('a claim of the access token is missing or mistyped')
  if (!hasSoundChain(claims)) return notHeld('the actors of the access token are not one chain of delegation')
  return { kid, key, claims, notBeforeMs }
}

function kidOf(header: JsonObject | null): string | null {
  if (header === null || !isPlainEs256Header(header, ACCESS_TOKEN_TYPE) || 'jwk' in header) return null
  const kid = header['kid']
  return typeof kid === 'string' ? kid : null
}

/** The client is who acts; a chain is short, nobody is in it twice, and what was delegated names the session that it came from. */
function hasSoundChain(claims: AccessTokenClaims): boolean {
  const actors = actorsOf(claims)
  const sessions = sessionsOf(claims)
  return (
    actors[0] === claims.client_id &&
    actors.length <= MAX_ACTORS &&
    new Set(actors).size === actors.length &&
    (actors.length === 1 || claims.psid !== undefined) &&
    sessions.length <= actors.length &&
    new Set(sessions).size === sessions.length
  )
}

/** The agent that acts, then those that delegated, newest first (RFC 8693 §4.1). */
export function actorsOf({ act }: AccessTokenClaims): readonly AgentId[] {
  const actors: AgentId[] = []
  for (let actor: Actor | undefined = act; actor !== undefined; actor = actor.act) actors.push(actor.sub)
  return actors
}

/** The session of a token, then those that it was delegated from, newest first. */
export const sessionsOf = ({ sid, psid, psids = [] }: AccessTokenClaims): readonly SessionId[] =>
  psid === undefined ? [sid, ...psids] : [sid, psid, ...psids]

function notBeforeMsOf({ nbf = 0 }: JsonObject): number | null {
  return typeof nbf === 'number' ? nbf * 1_000 : null
}

function checkClaims(signed: SignedToken, trust: TokenTrust, nowMs: number): Refusal | null {
  const { claims, notBeforeMs } = signed
  if (claims.exp * 1_000 <= nowMs) return notHeld('the access token has expired')
  if (notBeforeMs > nowMs + PROOF_AHEAD_MS) return notHeld('the access token is not valid yet')
  if (claims.iss !== trust.issuer || claims.tid !== trust.tenantId)
    return notHeld('the access token is of another authority')
  const isForHere = audiencesOf(claims).some((audience) => trust.audiences.includes(audience))
  return isForHere ? null : notHeld('the access token is for another audience')
}

const audiencesOf = ({ aud }: AccessTokenClaims): readonly string[] => (typeof aud === 'string' ? [aud] : aud)

const notHeld = (detail: string): Refusal => new Refusal('token_invalid', detail)
