import { BundleHooks } from '@writ/contracts'
import type { HooksChange } from '@writ/contracts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/** How the devices of a tenant act; what it has not set has its default. */
export const hooksOf = (db: TenantDb): Promise<BundleHooks> => readHooks(db, '')

/** Changes it. @param intelligence what the next bundle names; left out: what it names already */
export async function changeHooks(
  db: TenantDb,
  change: HooksChange,
  intelligence?: string | null,
): Promise<BundleHooks> {
  // Changes take turns, so that none takes back what another one did.
  const before = await readHooks(db, 'for no key update')
  const after = BundleHooks.parse({
    ...before,
    ...change,
    packages: {
      ...before.packages,
      ...change.packages,
      ...(intelligence !== undefined && { intelligence }),
    },
  })
  await db.rows('update writ.tenants set hooks = $2 where id = $1', [JSON.stringify(after)])
  return after
}

async function readHooks(db: TenantDb, lock: '' | 'for no key update'): Promise<BundleHooks> {
  const row = await db.first<{ hooks: unknown }>(`select hooks from writ.tenants where id = $1 ${lock}`)
  return BundleHooks.parse(row?.hooks ?? {})
}
