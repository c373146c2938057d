import { z } from 'zod'
import { AccessGroupId, Slug, TenantId } from '../id.ts'

/** What an API key may do: owner everything; admin all but API keys; auditor reads. */
export const Role = z.enum(['owner', 'admin', 'auditor'])
export type Role = z.infer<typeof Role>

export const NewTenant = z.strictObject({ slug: Slug, name: z.string().min(1).max(100) })
export type NewTenant = z.infer<typeof NewTenant>
export const TenantView = z.strictObject({
  id: TenantId,
  slug: Slug,
  name: z.string(),
  bundleVersion: z.int(),
  defaultGroup: AccessGroupId,
})
export type TenantView = z.infer<typeof TenantView>

export const ApiKeyId = z.string().regex(/^wak_[0-9A-HJKMNP-TV-Z]{26}$/)
export const NewApiKey = z.strictObject({ name: z.string().min(1).max(100), role: Role })
export type NewApiKey = z.infer<typeof NewApiKey>
export const ApiKeyView = z.strictObject({
  id: ApiKeyId,
  name: z.string(),
  role: Role,
  createdAt: z.iso.datetime(),
  revokedAt: z.iso.datetime().nullable(),
})
export type ApiKeyView = z.infer<typeof ApiKeyView>
/** The only answer that ever holds the key itself: `wak_<id>.<secret>`. */
export const CreatedApiKey = ApiKeyView.extend({ key: z.string() })
export type CreatedApiKey = z.infer<typeof CreatedApiKey>
export const CreatedTenant = z.strictObject({ tenant: TenantView, ownerKey: CreatedApiKey })
export type CreatedTenant = z.infer<typeof CreatedTenant>
