import type { LeafRange } from '@writ/audit'
import type { EntityManager } from 'typeorm'

// What is kept of a tenant's log beside its tree: who signs it, and what retention removed.

/** The tenant's newest trust file; null before the first checkpoint. */
export async function latestTrust(
  manager: EntityManager,
): Promise<{ readonly version: number; readonly file: string } | null> {
  const [newest] = await manager.query(
    'select version, file from writ.trust_files where tenant_id = app.tid() order by version desc limit 1',
  )
  return newest ?? null
}

export async function keepTrust(
  manager: EntityManager,
  { version, file, at }: { readonly version: number; readonly file: string; readonly at: Date },
): Promise<void> {
  await manager.query(
    'insert into writ.trust_files (tenant_id, version, file, at) values (app.tid(), $1, $2, $3)',
    [version, file, at],
  )
}

/** Leaves between two that retention removed: whatever else is gone was taken. */
export const removedLeaves = (
  manager: EntityManager,
  { from, to }: LeafRange,
): Promise<{ readonly first: number; readonly last: number }[]> =>
  manager.query(
    `select first_leaf::float8 as first, last_leaf::float8 as last from writ.removals
      where tenant_id = app.tid() and last_leaf >= $1 and first_leaf < $2`,
    [from, to],
  )
