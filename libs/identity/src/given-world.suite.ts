import { createHash } from 'node:crypto'
import type { AccessTokenClaims } from '@writ/contracts'
import { formatId, Refusal } from '@writ/contracts'
import { encodeBase64url } from './base64url.ts'
import { issueAccessToken } from './issue-access-token.ts'
import { generateKeyPem, importPublicJwk, thumbprintOf } from './keys.ts'
import { createMemoryReplayGuard } from './memory-replay-guard.ts'
import type { AttackKit, Wire } from './negative/attack-kit.ts'
import { createNonceKeeper } from './nonces.ts'
import type { ReplayGuard } from './replay-guard.ts'
import type { Proven, Trust } from './verify-presented.ts'
import { verifyPresented } from './verify-presented.ts'

/** One tenant, one agent with one session, and one verifier, at a time that stands still until it is moved. */
export type World = {
  readonly kit: AttackKit
  readonly trust: Trust
  readonly claims: AccessTokenClaims
  readonly clock: { nowMs: number }
  readonly present: (wire: Wire) => Promise<Proven | Refusal>
  /** takes the memory of used proofs away, or gives it back */
  readonly setMemoryAway: (isAway: boolean) => void
  readonly freshNonce: () => string
}

export type WorldSettings = {
  readonly verb?: string
  readonly requiresNonce?: boolean
  readonly offload?: boolean
}

const RESOURCE = 'https://gw.example/acme/github/mcp'
const ISSUER = 'https://id.example/t/acme/oauth'
const START_MS = 1_790_000_000_500

let counter = 0
const nextBytes = (): Uint8Array =>
  createHash('sha256')
    .update(`${(counter += 1)}`)
    .digest()

/** Keys are costly: every world has the same authority and the same agent. */
const authorityKey = generateKeyPem()
const sessionKey = generateKeyPem()
const signer = { kid: 'ten_acme:1', privateKey: authorityKey.privateKey }
const verificationKey = importPublicJwk(authorityKey.publicJwk) ?? undefined

export function givenWorld({
  verb = 'POST',
  requiresNonce = false,
  offload = false,
}: WorldSettings = {}): World {
  const clock = { nowMs: START_MS }
  const claims = claimsAt(clock.nowMs)
  const nonces = createNonceKeeper({
    secret: Buffer.alloc(32, 7),
    scope: 'test',
    required: requiresNonce,
    nowMs: () => clock.nowMs,
  })
  const memory = createMemoryReplayGuard(() => clock.nowMs)
  let isAway = false
  const replay: ReplayGuard = {
    firstSeen: (key, untilMs) => (isAway ? Promise.resolve('unavailable') : memory.firstSeen(key, untilMs)),
  }
  const endedSession = formatId('ses', START_MS, Buffer.alloc(10, 9))
  const revokedToken = 'a-token-that-was-revoked'
  const trust = trustOf(claims, { endedSession, revokedToken })
  return {
    clock,
    claims,
    trust,
    kit: {
      verb,
      url: RESOURCE,
      body: Buffer.from('{"jsonrpc":"2.0","id":1,"method":"tools/list"}'),
      nowMs: clock.nowMs,
      sessionKey: sessionKey.privateKey,
      accessToken: issueAccessToken(claims, signer),
      ...(requiresNonce ? { nonce: nonces.current() } : {}),
      tokenEndpoint: `${ISSUER}/token`,
      newJti: () => encodeBase64url(nextBytes().subarray(0, 16)),
      authority: { signer, claims, endedSession, revokedToken },
    },
    present: (wire) =>
      verifyPresented(presentedBy(wire), trust, { replay, nonces, nowMs: clock.nowMs, offload }),
    setMemoryAway: (away) => {
      isAway = away
    },
    freshNonce: nonces.current,
  }
}

function claimsAt(nowMs: number): AccessTokenClaims {
  const agentId = formatId('agt', nowMs, Buffer.alloc(10, 1))
  const iat = Math.floor(nowMs / 1_000)
  return {
    iss: ISSUER,
    aud: [RESOURCE],
    sub: formatId('hum', nowMs, Buffer.alloc(10, 2)),
    client_id: agentId,
    act: { sub: agentId },
    tid: formatId('ten', nowMs, Buffer.alloc(10, 3)),
    sid: formatId('ses', nowMs, Buffer.alloc(10, 4)),
    jti: encodeBase64url(nextBytes().subarray(0, 16)),
    iat,
    exp: iat + 300,
    scope: 'mcp',
    epo: { t: 0, a: 3, h: 0 },
    cnf: { jkt: thumbprintOf(sessionKey.publicJwk) },
  }
}

type Fallen = { readonly endedSession: string; readonly revokedToken: string }

const trustOf = (claims: AccessTokenClaims, fallen: Fallen): Trust => ({
  tenantId: claims.tid,
  issuer: ISSUER,
  audiences: [RESOURCE, 'https://gw.example/acme'],
  keyOf: (kid) => (kid === signer.kid ? verificationKey : undefined),
  standing: (presented) => (isFallen(presented, claims, fallen) ? new Refusal('token_revoked') : null),
})

const isFallen = (
  { sid, jti, epo, sub, act }: AccessTokenClaims,
  valid: AccessTokenClaims,
  { endedSession, revokedToken }: Fallen,
): boolean =>
  sid === endedSession ||
  jti === revokedToken ||
  [epo.t !== valid.epo.t, epo.a !== valid.epo.a, epo.h !== valid.epo.h].includes(true) ||
  sub !== valid.sub ||
  act.sub !== valid.act.sub ||
  act.act !== undefined

/** Field values by name, each repetition kept, as a server counts them. */
export function presentedBy({ headers, verb, url, body }: Wire) {
  const valuesOf = (wanted: string) =>
    headers.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value)
  return {
    authorization: valuesOf('authorization'),
    dpop: valuesOf('dpop'),
    verb,
    resource: url,
    bodySha256: createHash('sha256').update(body).digest('base64url'),
  }
}
