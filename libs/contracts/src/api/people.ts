import { z } from 'zod'
import { DirectoryId, DomainId, HumanId, SsoConnectionId } from '../id.ts'
import { Role } from '../role.ts'
import { AnyUrl } from '../url.ts'

/** Who a human is to an identity provider: issuer and subject together, never an e-mail address. */
export const HumanIdentity = z.strictObject({ issuer: AnyUrl, subject: z.string().min(1).max(255) })
export type HumanIdentity = z.infer<typeof HumanIdentity>

/** `sso`: the connection whose issuer gave the subject. */
export const NewHumanIdentity = z.strictObject({
  sso: SsoConnectionId,
  subject: z.string().min(1).max(255),
})
export type NewHumanIdentity = z.infer<typeof NewHumanIdentity>

/** Replaces the roles of a human. Whoever has none may sign in and consent, and nothing else. */
export const HumanRoles = z.strictObject({ roles: z.array(Role).max(Role.options.length) })
export type HumanRoles = z.infer<typeof HumanRoles>

const Scope = z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,64}$/, 'must be a scope (RFC 6749 §3.3)')
const ClientId = z.string().min(1).max(255)
const ClientSecret = z.string().min(8).max(1024)
const Name = z.string().min(1).max(100)

/** An identity provider by OpenID Connect. `jit`: whether it may bring humans that nobody made before, from domains that are proven. */
export const NewSsoConnection = z.strictObject({
  name: Name,
  issuer: AnyUrl.max(512),
  clientId: ClientId,
  clientSecret: ClientSecret,
  scopes: z.array(Scope).max(10).default(['openid', 'email', 'profile']),
  jit: z.boolean().default(false),
})
export type NewSsoConnection = z.infer<typeof NewSsoConnection>
/** The issuer stays: other subjects would be other humans. */
export const SsoConnectionChange = z.strictObject({
  name: Name.optional(),
  clientId: ClientId.optional(),
  clientSecret: ClientSecret.optional(),
  scopes: z.array(Scope).max(10).optional(),
  jit: z.boolean().optional(),
})
export type SsoConnectionChange = z.infer<typeof SsoConnectionChange>
export const SsoConnectionView = z.strictObject({
  id: SsoConnectionId,
  name: z.string(),
  issuer: AnyUrl,
  clientId: z.string(),
  scopes: z.array(z.string()),
  jit: z.boolean(),
  /** what the identity provider must know of us */
  redirectUri: z.url(),
  backChannelLogoutUri: z.url(),
  /** domains that are proven to be the tenant's, and come by this connection */
  domains: z.array(z.string()),
  createdAt: z.iso.datetime(),
})
export type SsoConnectionView = z.infer<typeof SsoConnectionView>

/** Lower case, at least two labels, no trailing dot: as it stands behind the `@`. */
const DomainName = z
  .string()
  .max(253)
  .regex(/^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$/, 'must be a domain')

export const NewDomain = z.strictObject({ domain: DomainName, sso: SsoConnectionId })
export type NewDomain = z.infer<typeof NewDomain>
/** Proven by a TXT record at `record` that holds `value`, and nothing else. */
export const DomainView = z.strictObject({
  id: DomainId,
  domain: z.string(),
  sso: SsoConnectionId,
  state: z.enum(['pending', 'proven']),
  record: z.string(),
  value: z.string(),
  createdAt: z.iso.datetime(),
  checkedAt: z.iso.datetime().nullable(),
  provenAt: z.iso.datetime().nullable(),
})
export type DomainView = z.infer<typeof DomainView>

/** A directory that provisions humans and groups by SCIM. `subjectsOf`: the connection whose `sub` is the directory's `externalId`. */
export const NewDirectory = z.strictObject({
  name: Name,
  subjectsOf: SsoConnectionId.nullable().default(null),
})
export type NewDirectory = z.infer<typeof NewDirectory>
export const DirectoryView = z.strictObject({
  id: DirectoryId,
  name: z.string(),
  subjectsOf: SsoConnectionId.nullable(),
  /** base URL of SCIM 2.0 (RFC 7644) */
  url: z.url(),
  createdAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime().nullable(),
  revokedAt: z.iso.datetime().nullable(),
})
export type DirectoryView = z.infer<typeof DirectoryView>
/** The only answer that holds the bearer token: `<tenant id>.<directory id>.<secret>`. */
export const CreatedDirectory = DirectoryView.extend({ token: z.string() })
export type CreatedDirectory = z.infer<typeof CreatedDirectory>

/** For whom the operator makes an owner link; without it, for the first owner of the tenant. */
export const NewOwnerLink = z.strictObject({ human: HumanId.optional() })
export type NewOwnerLink = z.infer<typeof NewOwnerLink>
/** A browser that opens it, once and in time, is signed in as that human. */
export const OwnerLink = z.strictObject({ url: z.url(), human: HumanId, expiresAt: z.iso.datetime() })
export type OwnerLink = z.infer<typeof OwnerLink>
