import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import type { JWTPayload, JWTVerifyGetKey } from 'jose'

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
const TYPE = 'logout+jwt'
/** Asymmetric only: our client secret signs nothing. */
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA', 'Ed25519']
const MAX_AGE_SECONDS = 300
const SKEW_SECONDS = 30

/** Whose sessions end: all of a subject, or one of the identity provider's own sessions. At least one is there. */
export type Logout = {
  readonly subject: string | null
  readonly idpSession: string | null
  readonly jti: string
  readonly untilMs: number
}
export type LogoutTrust = {
  readonly issuer: string
  readonly clientId: string
  readonly keys: JWTVerifyGetKey
  readonly nowMs: number
}

/** Whether it could be one of that issuer: what is not makes us ask nobody for keys. */
export function looksLikeLogout(token: string, issuer: string): boolean {
  try {
    return decodeProtectedHeader(token).typ === TYPE && decodeJwt(token).iss === issuer
  } catch {
    return false
  }
}

/** OpenID Connect Back-Channel Logout 1.0 §2.6, all of it but that `jti` counts once. @throws when anything does not hold */
export async function readLogoutToken(token: string, trust: LogoutTrust): Promise<Logout> {
  const { payload } = await jwtVerify(token, trust.keys, {
    issuer: trust.issuer,
    audience: trust.clientId,
    typ: TYPE,
    algorithms: ALGORITHMS,
    requiredClaims: ['iss', 'aud', 'iat', 'exp', 'jti', 'events'],
    currentDate: new Date(trust.nowMs),
    clockTolerance: SKEW_SECONDS,
    maxTokenAge: MAX_AGE_SECONDS,
  })
  if (!isLogoutEvent(payload)) throw new Error('this is no logout token')
  // An ID token has a nonce, a logout token must not: neither passes for the other.
  if ('nonce' in payload) throw new Error('a logout token has no nonce')
  const subject = textOf(payload.sub)
  const idpSession = textOf(payload['sid'])
  const jti = textOf(payload.jti)
  if (jti === null || (subject === null && idpSession === null)) throw new Error('whose sessions is not said')
  return { subject, idpSession, jti, untilMs: ((payload.exp ?? 0) + SKEW_SECONDS + 1) * 1000 }
}

function isLogoutEvent({ events }: JWTPayload): boolean {
  if (typeof events !== 'object' || events === null || !Object.hasOwn(events, EVENT)) return false
  const event: unknown = Reflect.get(events, EVENT)
  return typeof event === 'object' && event !== null && !Array.isArray(event)
}

const textOf = (claim: unknown): string | null =>
  typeof claim === 'string' && claim.length > 0 && claim.length <= 255 ? claim : null
