import type { Role, TenantId } from '@writ/contracts'

export type Tenant = { readonly id: TenantId; readonly slug: string }

/** Whom an API key lets in, and as what. `apiKey` is its id. */
export type Admission = { readonly tenantId: TenantId; readonly role: Role; readonly apiKey: string }
