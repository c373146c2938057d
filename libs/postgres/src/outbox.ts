import type { TenantId } from '@writ/contracts'
import type { EntityManager } from 'typeorm'

/**
 * Takes the tenant's next bundle version and holds it until the transaction ends: edits of one tenant queue here, so that what is
 * read after it is the newest state and versions never go back. Call it before reading what goes into the bundle.
 */
export async function mintBundleVersion(manager: EntityManager): Promise<number> {
  const [rows] = await manager.query(
    'update writ.tenants set bundle_version = bundle_version + 1 where id = app.tid() returning bundle_version',
  )
  return rows[0].bundle_version
}

/** Announces a bundle version with the transaction that made it. Call it last: it holds the feed until commit. */
export async function announceBundle(
  manager: EntityManager,
  change: { readonly tenantId: TenantId; readonly slug: string; readonly version: number },
): Promise<number> {
  const [row] = await manager.query(
    'insert into writ.outbox (tenant_id, slug, version) values ($1, $2, $3) returning seq::float8 as seq',
    [change.tenantId, change.slug, change.version],
  )
  return row.seq
}
