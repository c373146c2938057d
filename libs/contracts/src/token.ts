import { z } from 'zod'
import { AgentId, HumanId, SessionId, TenantId } from './id.ts'

/** P-256 public key (RFC 7518 §6.2) with its public members only. */
export const PublicJwk = z.strictObject({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string().length(43),
  y: z.string().length(43),
})
export type PublicJwk = z.infer<typeof PublicJwk>

/** RFC 9449 proof-token type, RFC 9068 access-token type, RFC 7523 client assertion type. */
export const PROOF_TYPE = 'dpop+jwt'
export const ACCESS_TOKEN_TYPE = 'at+jwt'
export const CLIENT_ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** Access token (RFC 9068), bound to the session key by `cnf.jkt` (RFC 9449 §6). Access groups are not in it, so that moving an agent acts at once. */
export const AccessTokenClaims = z.object({
  iss: z.url(),
  aud: z.union([z.string(), z.array(z.string()).min(1)]),
  sub: HumanId,
  client_id: AgentId,
  act: z.object({ sub: AgentId }),
  tid: TenantId,
  sid: SessionId,
  jti: z.string().min(8).max(128),
  iat: z.int(),
  exp: z.int(),
  scope: z.string(),
  /** agent epoch at issue; a token of an older epoch no longer counts */
  epo: z.strictObject({ a: z.int().nonnegative() }),
  cnf: z.strictObject({ jkt: z.string().length(43) }),
})
export type AccessTokenClaims = z.infer<typeof AccessTokenClaims>

/** RFC 9449 §4.2, with `wbd`: base64url SHA-256 of the raw request body (ours, optional). */
export const ProofClaims = z.object({
  jti: z.string().min(8).max(128),
  htm: z.string(),
  htu: z.string(),
  iat: z.int(),
  ath: z.string().optional(),
  nonce: z.string().optional(),
  exp: z.int().optional(),
  nbf: z.int().optional(),
  wbd: z.string().optional(),
})
export type ProofClaims = z.infer<typeof ProofClaims>

/** What `POST /t/{tenant}/enrol` takes besides the DPoP proof by the agent's identity key. */
export const EnrolmentRequest = z.strictObject({
  token: z.string().regex(/^wen_[0-9A-HJKMNP-TV-Z]{26}\.[A-Za-z0-9_-]{43}$/),
})
export type EnrolmentRequest = z.infer<typeof EnrolmentRequest>

export const EnrolmentAnswer = z.strictObject({
  agentId: AgentId,
  agentName: z.string(),
  tenant: z.string(),
  issuer: z.url(),
  tokenEndpoint: z.url(),
  gateways: z.array(z.url()),
})
export type EnrolmentAnswer = z.infer<typeof EnrolmentAnswer>

export const TokenAnswer = z.object({
  access_token: z.string(),
  token_type: z.literal('DPoP'),
  expires_in: z.int().positive(),
  scope: z.string(),
})
export type TokenAnswer = z.infer<typeof TokenAnswer>
