import type { JsonObject, PublicJwk } from '@writ/contracts'
import { AgentId, Refusal } from '@writ/contracts'
import { z } from 'zod'
import type { CompactJws } from './compact-jws.ts'
import { isSignedBy, readCompactJws, readObjectSegment } from './compact-jws.ts'
import { importPublicJwk } from './keys.ts'
import { PROOF_AHEAD_MS } from './proof-window.ts'
import type { ReplayGuard } from './replay-guard.ts'
import { replayKeyOf } from './sha256.ts'

/** Whose assertions count at this authority. */
export type AssertionTrust = {
  /** the issuer and the token endpoint; an assertion names exactly one of them */
  readonly audiences: readonly string[]
  /** the identity key of an enrolled agent; undefined for anybody else */
  readonly identityKeyOf: (agentId: AgentId) => Promise<PublicJwk | undefined>
}

export type AssertionPorts = { readonly replay: ReplayGuard; readonly nowMs: number }

/** Authenticates an agent by `private_key_jwt` (RFC 7523 §3): signed by its identity key, short-lived, good once. */
export async function verifyClientAssertion(
  assertion: string,
  trust: AssertionTrust,
  ports: AssertionPorts,
): Promise<{ readonly agentId: AgentId } | Refusal> {
  const read = readAssertion(assertion)
  if (read === null) return notHeld('the client assertion is not a JWT of the expected form')
  const { jws, claims } = read
  const refusal = checkClaims(claims, trust.audiences, ports.nowMs)
  if (refusal !== null) return refusal
  if (!(await isSignedByAgent(jws, await trust.identityKeyOf(claims.sub))))
    return notHeld('the client assertion is not signed by an enrolled agent')
  return (await checkReplay(claims, ports.replay)) ?? { agentId: claims.sub }
}

const AssertionClaims = z.object({
  iss: AgentId,
  sub: AgentId,
  aud: z.union([z.string(), z.tuple([z.string()])]),
  exp: z.int(),
  iat: z.int().optional(),
  nbf: z.int().optional(),
  jti: z.string().min(8).max(128),
})
type AssertionClaims = z.infer<typeof AssertionClaims>

const MAX_ASSERTION_BYTES = 4_096

function readAssertion(text: string): { jws: CompactJws; claims: AssertionClaims } | null {
  if (text.length > MAX_ASSERTION_BYTES) return null
  const jws = readCompactJws(text)
  const header = jws && readObjectSegment(jws.headerText)
  if (!jws || !header || !isAssertionHeader(header)) return null
  const claims = AssertionClaims.safeParse(jws.claims)
  return claims.success ? { jws, claims: claims.data } : null
}

const ASSERTION_TYPES = ['JWT', 'client-authentication+jwt']

function isAssertionHeader({ typ = 'JWT', alg, crit }: JsonObject): boolean {
  return typeof typ === 'string' && ASSERTION_TYPES.includes(typ) && alg === 'ES256' && crit === undefined
}

const MAX_LIFE_MS = 5 * 60_000

function checkClaims(claims: AssertionClaims, audiences: readonly string[], nowMs: number): Refusal | null {
  const [audience] = typeof claims.aud === 'string' ? [claims.aud] : claims.aud
  if (claims.iss !== claims.sub) return notHeld('iss and sub of the client assertion are the agent')
  if (!audiences.includes(audience)) return notHeld('the client assertion is for another audience')
  if (claims.exp * 1_000 <= nowMs) return notHeld('the client assertion has expired')
  const latestMs = nowMs + MAX_LIFE_MS + PROOF_AHEAD_MS
  if (claims.exp * 1_000 > latestMs) return notHeld('the client assertion lives longer than 5 minutes')
  const startsMs = Math.max(claims.nbf ?? 0, claims.iat ?? 0) * 1_000
  return startsMs > nowMs + PROOF_AHEAD_MS ? notHeld('the client assertion is not valid yet') : null
}

async function isSignedByAgent(jws: CompactJws, identityKey: PublicJwk | undefined): Promise<boolean> {
  const key = identityKey && importPublicJwk(identityKey)
  return key ? isSignedBy(jws, key) : false
}

async function checkReplay({ sub, jti, exp }: AssertionClaims, replay: ReplayGuard): Promise<Refusal | null> {
  const answer = await replay.firstSeen(replayKeyOf(sub, jti), exp * 1_000 + 1_000)
  if (answer === 'first') return null
  return answer === 'seen'
    ? notHeld('the client assertion was used before')
    : new Refusal('replay_unavailable')
}

const notHeld = (detail: string): Refusal => new Refusal('client_invalid', detail)
