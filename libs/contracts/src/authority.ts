import { z } from 'zod'
import { AgentId, GrantId, HumanId } from './id.ts'
import { AccessTokenClaims, ToolAuthorizations } from './token.ts'

/** Grants of the token endpoint: RFC 6749 §4.4 and §4.1, RFC 8628 §3.4, RFC 8693 §2.1. */
export const GRANT_TYPES = {
  clientCredentials: 'client_credentials',
  authorizationCode: 'authorization_code',
  deviceCode: 'urn:ietf:params:oauth:grant-type:device_code',
  tokenExchange: 'urn:ietf:params:oauth:grant-type:token-exchange',
} as const

/** Token types of an exchange (RFC 8693 §3); the delegation is ours. */
export const TOKEN_TYPES = {
  accessToken: 'urn:ietf:params:oauth:token-type:access_token',
  idToken: 'urn:ietf:params:oauth:token-type:id_token',
  delegation: 'urn:writ:params:oauth:token-type:delegation',
} as const

/** `typ` of what a delegating agent signs with its session key, and of what a replaced identity key signs last. */
export const DELEGATION_TYPE = 'writ-delegation+jwt'
export const ROTATION_TYPE = 'writ-rotation+jwt'

/** RFC 8628 §3.2. */
export const DeviceAuthorizationAnswer = z.strictObject({
  device_code: z.string(),
  user_code: z.string(),
  verification_uri: z.url(),
  verification_uri_complete: z.url(),
  expires_in: z.int().positive(),
  interval: z.int().positive(),
})
export type DeviceAuthorizationAnswer = z.infer<typeof DeviceAuthorizationAnswer>

/** RFC 7662 §2.2. A token that does not count is inactive, and nothing else is said of it. */
export const IntrospectionAnswer = z.union([
  z.strictObject({ active: z.literal(false) }),
  AccessTokenClaims.extend({ active: z.literal(true), token_type: z.literal('DPoP') }),
])
export type IntrospectionAnswer = z.infer<typeof IntrospectionAnswer>

/** What the rotation of an identity key takes besides the DPoP proof by the new key: a statement by the old one. */
export const RotationRequest = z.strictObject({ statement: z.string().max(4096) })
export type RotationRequest = z.infer<typeof RotationRequest>
export const RotationAnswer = z.strictObject({
  agentId: AgentId,
  /** RFC 7638 thumbprint of the new identity key */
  identityKey: z.string(),
  /** until when assertions by the old key still count */
  previousUntil: z.iso.datetime(),
})
export type RotationAnswer = z.infer<typeof RotationAnswer>

/** That an agent may act for a human who is not its owner: given in a browser, and taken back here. */
export const GrantView = z.strictObject({
  id: GrantId,
  agent: AgentId,
  human: HumanId,
  authorizations: ToolAuthorizations.nullable(),
  grantedAt: z.iso.datetime(),
  until: z.iso.datetime(),
  revokedAt: z.iso.datetime().nullable(),
})
export type GrantView = z.infer<typeof GrantView>

/** `now`: tokens of the key before it end at once, as after a theft. Otherwise the new key waits until every gateway knows it. */
export const SigningKeyRotation = z.strictObject({ when: z.enum(['soon', 'now']).default('soon') })
export type SigningKeyRotation = z.infer<typeof SigningKeyRotation>
export const SigningKeyView = z.strictObject({
  kid: z.string(),
  useAfter: z.iso.datetime(),
  retiredAt: z.iso.datetime().nullable(),
})
export type SigningKeyView = z.infer<typeof SigningKeyView>

export const TokenRevocation = z.strictObject({ jti: z.string().min(8).max(128) })
export type TokenRevocation = z.infer<typeof TokenRevocation>

/** One session of an agent, as admins see it. */
export const SessionView = z.strictObject({
  id: z.string(),
  agent: AgentId,
  human: HumanId,
  parent: z.string().nullable(),
  keyThumbprint: z.string(),
  authorizations: ToolAuthorizations.nullable(),
  createdAt: z.iso.datetime(),
  lastTokenAt: z.iso.datetime(),
  endsAt: z.iso.datetime().nullable(),
  endedAt: z.iso.datetime().nullable(),
  endedBy: z.string().nullable(),
  endedReason: z.string().nullable(),
})
export type SessionView = z.infer<typeof SessionView>
