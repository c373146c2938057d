import type { PublicJwk } from '@writ/contracts'
import { AgentId, Refusal, ROTATION_TYPE } from '@writ/contracts'
import { z } from 'zod'
import type { CompactJws } from './compact-jws.ts'
import { isSignedBy } from './compact-jws.ts'
import { importPublicJwk } from './keys.ts'
import type { ReplayGuard } from './replay-guard.ts'
import { replayKeyOf } from './sha256.ts'
import { faultOfMoment, readStatement } from './signed-statement.ts'

/** Whose assertions count at this authority. */
export type AssertionTrust = {
  /** the issuer; an assertion names exactly one audience, and it is one of these */
  readonly audiences: readonly string[]
  /** the identity keys of an enrolled agent, the newest first; none for anybody else */
  readonly identityKeysOf: (agentId: AgentId) => Promise<readonly PublicJwk[]>
}

export type AssertionPorts = { readonly replay: ReplayGuard; readonly nowMs: number }

/** An agent that has proven its identity key. */
export type AssertedAgent = {
  readonly agentId: AgentId
  /** which session it begins, by its own count; null for a client that does not count */
  readonly joinSeq: number | null
}

/** Authenticates an agent by `private_key_jwt` (RFC 7523 §3): signed by its identity key, short-lived, good once. */
export async function verifyClientAssertion(
  assertion: string,
  trust: AssertionTrust,
  ports: AssertionPorts,
): Promise<AssertedAgent | Refusal> {
  const claims = await verifyByAgent(
    assertion,
    { types: ASSERTION_TYPES, form: AssertionClaims },
    trust,
    ports,
  )
  if (claims instanceof Refusal) return claims
  return { agentId: claims.sub, joinSeq: claims.join_seq ?? null }
}

/** What the identity key that is replaced says of the one that replaces it. */
export async function verifyRotation(
  statement: string,
  trust: AssertionTrust,
  ports: AssertionPorts,
): Promise<{ readonly agentId: AgentId; readonly newThumbprint: string } | Refusal> {
  const claims = await verifyByAgent(
    statement,
    { types: [ROTATION_TYPE], form: RotationClaims },
    trust,
    ports,
  )
  if (claims instanceof Refusal) return claims
  return { agentId: claims.sub, newThumbprint: claims.cnf.jkt }
}

const ASSERTION_TYPES = [undefined, 'JWT', 'client-authentication+jwt']

const AgentClaims = z.object({
  iss: AgentId,
  sub: AgentId,
  aud: z.union([z.string(), z.tuple([z.string()])]),
  exp: z.int(),
  iat: z.int().optional(),
  nbf: z.int().optional(),
  jti: z.string().min(8).max(128),
})
type AgentClaims = z.infer<typeof AgentClaims>
const AssertionClaims = AgentClaims.extend({ join_seq: z.int().nonnegative().optional() })
const RotationClaims = AgentClaims.extend({ cnf: z.strictObject({ jkt: z.string().length(43) }) })

type StatementKind<Claims extends AgentClaims> = {
  readonly types: readonly (string | undefined)[]
  readonly form: z.ZodType<Claims>
}

async function verifyByAgent<Claims extends AgentClaims>(
  text: string,
  { types, form }: StatementKind<Claims>,
  trust: AssertionTrust,
  ports: AssertionPorts,
): Promise<Claims | Refusal> {
  const statement = readStatement(text, types)
  const read = form.safeParse(statement?.jws.claims)
  if (!statement || !read.success) return notHeld('the client assertion is not a JWT of the expected form')
  const claims = read.data
  const refusal = checkClaims(claims, trust.audiences, ports.nowMs)
  if (refusal !== null) return refusal
  if (!(await isSignedByOneOf(statement.jws, await trust.identityKeysOf(claims.sub))))
    return notHeld('the client assertion is not signed by an enrolled agent')
  return (await checkReplay(claims, ports.replay)) ?? claims
}

function checkClaims(claims: AgentClaims, audiences: readonly string[], nowMs: number): Refusal | null {
  const [audience] = typeof claims.aud === 'string' ? [claims.aud] : claims.aud
  if (claims.iss !== claims.sub) return notHeld('iss and sub of the client assertion are the agent')
  if (!audiences.includes(audience)) return notHeld('the client assertion is for another audience')
  const fault = faultOfMoment(claims, nowMs)
  return fault === null ? null : notHeld(`the client assertion ${fault}`)
}

/** What does not hold costs the same whoever it names: an agent that nobody knows, one with one key, one that is changing its key. */
async function isSignedByOneOf(jws: CompactJws, identityKeys: readonly PublicJwk[]): Promise<boolean> {
  for (const identityKey of identityKeys) if (await isSignedByKey(jws, identityKey)) return true
  for (let tried = identityKeys.length; tried < MOST_KEYS; tried += 1) await isSignedByKey(jws, NOBODYS_KEY)
  return false
}

async function isSignedByKey(jws: CompactJws, identityKey: PublicJwk): Promise<boolean> {
  const key = importPublicJwk(identityKey)
  return key !== null && (await isSignedBy(jws, key))
}

/** Of one agent: the key that counts, and the one that it replaces. */
const MOST_KEYS = 2
/** The point of P-256 whose private key is 1: whatever it says is not counted. */
const NOBODYS_KEY: PublicJwk = {
  kty: 'EC',
  crv: 'P-256',
  x: 'axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY',
  y: 'T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU',
}

async function checkReplay({ sub, jti, exp }: AgentClaims, replay: ReplayGuard): Promise<Refusal | null> {
  const answer = await replay.firstSeen(replayKeyOf(sub, jti), exp * 1_000 + 1_000)
  if (answer === 'first') return null
  return answer === 'seen'
    ? notHeld('the client assertion was used before')
    : new Refusal('replay_unavailable')
}

const notHeld = (detail: string): Refusal => new Refusal('client_invalid', detail)
