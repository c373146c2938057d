import { AgentId, DELEGATION_TYPE, PublicJwk, Refusal, ToolAuthorizations } from '@writ/contracts'
import { z } from 'zod'
import { decodeBase64url } from './base64url.ts'
import type { AssertionPorts } from './client-assertion.ts'
import type { CompactJws } from './compact-jws.ts'
import { isSignedBy } from './compact-jws.ts'
import { importPublicJwk, thumbprintOf } from './keys.ts'
import { replayKeyOf } from './sha256.ts'
import { faultOfMoment, readStatement } from './signed-statement.ts'

/** One agent hands a part of what it may do to another. Whether its session lives is the authority's to say. */
export type Delegation = {
  readonly delegator: AgentId
  readonly subAgent: AgentId
  /** of the session key that signed it */
  readonly keyThumbprint: string
  /** what is handed over; null: all that the delegator's own session may do */
  readonly authorizations: ToolAuthorizations | null
}

/** Verifies what a delegating agent signed with its session key: for this authority, short-lived, good once. */
export async function verifyDelegation(
  text: string,
  issuer: string,
  ports: AssertionPorts,
): Promise<Delegation | Refusal> {
  const read = readDelegation(text)
  if (read === null) return notHeld('the delegation is not of the expected form')
  const { claims, jwk } = read
  if (claims.aud !== issuer) return notHeld('the delegation is for another authority')
  const fault = faultOfMoment(claims, ports.nowMs)
  if (fault !== null) return notHeld(`the delegation ${fault}`)
  if (!(await isSignedByShownKey(read)))
    return notHeld('the delegation is not signed by the key that it names')
  const keyThumbprint = thumbprintOf(jwk)
  const replayKey = replayKeyOf(`${claims.iss} ${keyThumbprint}`, claims.jti)
  const seen = await ports.replay.firstSeen(replayKey, claims.exp * 1_000 + 1_000)
  if (seen !== 'first') return notHeld('the delegation was used before')
  const authorizations = claims.authorization_details ?? null
  return { delegator: claims.iss, subAgent: claims.sub, keyThumbprint, authorizations }
}

type ReadDelegation = {
  readonly jws: CompactJws
  readonly claims: z.infer<typeof DelegationClaims>
  readonly jwk: PublicJwk
}

function readDelegation(text: string): ReadDelegation | null {
  const statement = readStatement(text, [DELEGATION_TYPE])
  const claims = DelegationClaims.safeParse(statement?.jws.claims)
  const jwk = sessionKeyIn(statement?.header['jwk'])
  return statement && claims.success && jwk ? { jws: statement.jws, claims: claims.data, jwk } : null
}

async function isSignedByShownKey({ jws, jwk }: ReadDelegation): Promise<boolean> {
  const key = importPublicJwk(jwk)
  return key !== null && (await isSignedBy(jws, key))
}

const DelegationClaims = z.object({
  iss: AgentId,
  sub: AgentId,
  aud: z.string(),
  exp: z.int(),
  iat: z.int().optional(),
  nbf: z.int().optional(),
  jti: z.string().min(8).max(128),
  authorization_details: ToolAuthorizations.optional(),
})

/** A public key with its public members only, in their canonical text, so that one key has one thumbprint. */
function sessionKeyIn(jwk: unknown): PublicJwk | null {
  const { success, data } = PublicJwk.safeParse(jwk)
  return success && [data.x, data.y].every((part) => decodeBase64url(part) !== null) ? data : null
}

const notHeld = (detail: string): Refusal => new Refusal('token_invalid', detail)
