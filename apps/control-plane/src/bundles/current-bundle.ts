import { withRoster } from '@writ/bundle'
import { Bundle } from '@writ/contracts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { rosterParts } from './rosters.ts'

/**
 * The newest bundle of a tenant: what gateways decide by, or are about to. Its signature is not verified each time: whoever could put another one
 * there could as well write the rows that the next one is made of. What is none of ours is made anew at the next start (`Remint`).
 * @param principals of a large tenant only they, and whoever stands in the same part, are there; everybody unless told
 */
export async function currentBundle(db: TenantDb, principals?: readonly string[]): Promise<Bundle> {
  const row = await db.first<{ signed: string }>(
    'select signed from writ.bundles where tenant_id = $1 order by version desc limit 1',
  )
  const bundle = Bundle.parse(payloadOf(row?.signed ?? ''))
  return bundle.roster ? withRoster(bundle, await rosterParts(db, bundle.roster, principals)) : bundle
}

/** What a compact JWS says, unverified. */
export function payloadOf(jws: string): unknown {
  const payload = jws.split('.')[1] ?? ''
  return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
}
