import { Bundle } from '@writ/contracts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/** The newest bundle of a tenant: what gateways decide by, or are about to. It never left the database, so nothing is verified. */
export async function currentBundle(db: TenantDb): Promise<Bundle> {
  const row = await db.first<{ signed: string }>(
    'select signed from writ.bundles where tenant_id = $1 order by version desc limit 1',
  )
  return Bundle.parse(payloadOf(row?.signed ?? ''))
}

/** What a compact JWS says, unverified. */
export function payloadOf(jws: string): unknown {
  const payload = jws.split('.')[1] ?? ''
  return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
}
