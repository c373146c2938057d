import { z } from 'zod'
import { ActionClass } from './action.ts'
import { AgentId, HumanId, SessionId, Slug, TenantId } from './id.ts'

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

/**
 * One thing that a token may be used for (RFC 9396 §2). Of several entries any one suffices; within an entry every member narrows.
 * A token without entries may be used for whatever policy allows.
 */
export const ToolAuthorization = z.strictObject({
  type: z.literal('writ_tool'),
  /** connections by name */
  connections: z.array(Slug).min(1).max(50).optional(),
  /** names of tools, prompts and resources; `*` stands for any run of characters */
  tools: z.array(z.string().min(1).max(200)).min(1).max(100).optional(),
  classes: z.array(ActionClass).min(1).optional(),
})
export type ToolAuthorization = z.infer<typeof ToolAuthorization>
export const ToolAuthorizations = z.array(ToolAuthorization).min(1).max(20)
export type ToolAuthorizations = z.infer<typeof ToolAuthorizations>

/** Who acts, and for whom it was delegated to (RFC 8693 §4.1): the outermost acts now, the nested ones delegated, newest first. */
export type Actor = { sub: AgentId; act?: Actor | undefined }
export const Actor: z.ZodType<Actor> = z.object({
  sub: AgentId,
  get act() {
    return Actor.optional()
  },
})
/** Agents in one chain at most, the acting one included. */
export const MAX_ACTORS = 4

/** Access token (RFC 9068), bound to the session key by `cnf.jkt` (RFC 9449 §6). Access groups are not in it, so that moving an agent acts at once. */
export const AccessTokenClaims = z.object({
  iss: z.url(),
  aud: z.union([z.string(), z.array(z.string()).min(1)]),
  sub: HumanId,
  client_id: AgentId,
  act: Actor,
  tid: TenantId,
  sid: SessionId,
  /** session of the agent that delegated to this one */
  psid: SessionId.optional(),
  /** sessions above that one, newest first: each of them may have done what policy remembers, and the ones below it may not */
  psids: z.array(SessionId).optional(),
  jti: z.string().min(8).max(128),
  iat: z.int(),
  exp: z.int(),
  scope: z.string(),
  /** epochs of tenant, agent and human at issue; a token of an older epoch no longer counts */
  epo: z.strictObject({
    t: z.int().nonnegative().default(0),
    a: z.int().nonnegative(),
    h: z.int().nonnegative().default(0),
  }),
  authorization_details: ToolAuthorizations.optional(),
  /** epoch seconds at which the human last proved who they are, and how (RFC 8176) */
  auth_time: z.int().optional(),
  amr: z.array(z.string().max(32)).max(10).optional(),
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
  /** what the agent's first session says; see `join_seq` of the token answer */
  joinSeq: z.int().nonnegative().default(0),
})
export type EnrolmentAnswer = z.infer<typeof EnrolmentAnswer>

export const TokenAnswer = z.object({
  access_token: z.string(),
  token_type: z.literal('DPoP'),
  expires_in: z.int().positive(),
  scope: z.string(),
  /** for an exchange (RFC 8693 §2.2.1) */
  issued_token_type: z.string().optional(),
  /** what the token was narrowed to (RFC 9396 §7) */
  authorization_details: ToolAuthorizations.optional(),
  /** what the assertion that begins the agent's next session says: of two copies of one identity key, one falls behind */
  join_seq: z.int().nonnegative().optional(),
})
export type TokenAnswer = z.infer<typeof TokenAnswer>
