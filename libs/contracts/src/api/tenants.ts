import { z } from 'zod'
import { Durability, Excerpts } from '../bundle.ts'
import { AccessGroupId, HumanId, Slug, TenantId } from '../id.ts'
import { Role } from '../role.ts'
import { Network } from '../upstream.ts'

const Instant = z.iso.datetime()

/** What a tenant's own admins set for all of its agents. */
export const TenantSettings = z.strictObject({
  /** whether a proof must carry `wbd`, the digest of the body */
  bodyDigestRequired: z.boolean(),
  /** whether a proof must carry a server nonce */
  nonceRequired: z.boolean(),
  /** calls that one gateway lets through in a second, over all agents of the tenant */
  requestsPerSecond: z.int().min(1).max(1_000_000),
  /** when an answer may go out: once its record is durable on the enforcement point, in the ledger, or written */
  durability: Durability,
  /** which calls leave an excerpt in their record, masked and sealed to the human; `notable`: those that a rule matched, and all that do more than read */
  excerpts: Excerpts,
})
export type TenantSettings = z.infer<typeof TenantSettings>
export const TenantSettingsChange = TenantSettings.partial()
export type TenantSettingsChange = z.infer<typeof TenantSettingsChange>

const Count = z.int().min(1).max(1_000_000)
/** How much of each a tenant may have; the operator sets it. What is over a limit already stays. */
export const TenantLimits = z.strictObject({
  agents: Count,
  humans: Count,
  connections: Count,
  policies: Count,
  accessGroups: Count,
  apiKeys: Count,
  requestsPerSecond: Count,
  /** that the ledger keeps; nothing is mediated beyond it */
  records: z.int().min(1).max(1_000_000_000_000),
})
export type TenantLimits = z.infer<typeof TenantLimits>
export const TenantLimitsChange = TenantLimits.partial()
export type TenantLimitsChange = z.infer<typeof TenantLimitsChange>

/**
 * Private networks in which the upstreams of a tenant may be; the operator sets them, because whose networks they are is not for a tenant
 * to say. Loopback, link-local and metadata addresses can never be allowed.
 */
export const UpstreamNetworks = z.strictObject({ networks: z.array(Network).max(50) })
export type UpstreamNetworks = z.infer<typeof UpstreamNetworks>

export const NewTenant = z.strictObject({ slug: Slug, name: z.string().min(1).max(100) })
export type NewTenant = z.infer<typeof NewTenant>
export const TenantView = z.strictObject({
  id: TenantId,
  slug: Slug,
  name: z.string(),
  bundleVersion: z.int(),
  defaultGroup: AccessGroupId,
  /** null for a tenant that works; one that the operator suspended is resumed by the operator only */
  suspended: z.strictObject({ at: Instant, by: z.enum(['owner', 'operator']) }).nullable(),
  settings: TenantSettings,
  limits: TenantLimits,
  /** private networks in which its upstreams may be */
  upstreamNetworks: z.array(Network),
  /** how many the ledger keeps. `near`: nine tenths of what it may; `full`: nothing is mediated until the operator raises the limit */
  records: z.strictObject({ kept: z.int().nonnegative(), mark: z.enum(['none', 'near', 'full']) }),
})
export type TenantView = z.infer<typeof TenantView>

/** Says the name of what is about to be destroyed. */
export const TenantDeletion = z.strictObject({ slug: Slug })
export type TenantDeletion = z.infer<typeof TenantDeletion>
/** What a deletion leaves: the records, and until when nobody else gets the slug. */
export const DeletedTenant = z.strictObject({
  id: TenantId,
  slug: Slug,
  deletedAt: Instant,
  slugReservedUntil: Instant,
  recordsKept: z.int().nonnegative(),
})
export type DeletedTenant = z.infer<typeof DeletedTenant>

export const ApiKeyId = z.string().regex(/^wak_[0-9A-HJKMNP-TV-Z]{26}$/)
/** `human`: whose agents and sessions a key of the role `developer` may touch; without one it only reads. */
export const NewApiKey = z.strictObject({
  name: z.string().min(1).max(100),
  role: Role,
  expiresAt: Instant.nullable().default(null),
  human: HumanId.nullable().default(null),
})
export type NewApiKey = z.infer<typeof NewApiKey>
export const ApiKeyView = z.strictObject({
  id: ApiKeyId,
  name: z.string(),
  role: Role,
  human: HumanId.nullable(),
  /** who made it, where a human did: what it does counts as done by them, too */
  madeBy: HumanId.nullable(),
  createdAt: Instant,
  expiresAt: Instant.nullable(),
  /** to the minute */
  lastUsedAt: Instant.nullable(),
  revokedAt: Instant.nullable(),
})
export type ApiKeyView = z.infer<typeof ApiKeyView>
/** The only answer that ever holds the key itself: `wak_<id>.<secret>`. */
export const CreatedApiKey = ApiKeyView.extend({ key: z.string() })
export type CreatedApiKey = z.infer<typeof CreatedApiKey>
export const CreatedTenant = z.strictObject({ tenant: TenantView, ownerKey: CreatedApiKey })
export type CreatedTenant = z.infer<typeof CreatedTenant>
