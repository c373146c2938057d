import { PackKind, PackQuery, PackState } from '@writ/contracts'
import type { HumanId, PackId, PackView } from '@writ/contracts'
import type { By } from '../tenancy/admission.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/** A pack as it is kept. */
export type PackRow = {
  readonly id: PackId
  readonly state: PackState
  readonly kind: PackKind
  readonly query: string
  readonly requested_by: string
  readonly requested_at: Date
  readonly disclosed: boolean
  readonly log_size: number
  readonly attempts: number
  readonly step: string | null
  readonly step_done: number | null
  readonly step_total: number | null
  readonly from_leaf: number | null
  readonly to_leaf: number | null
  readonly row_count: number | null
  readonly tree_size: number | null
  readonly size_bytes: number | null
  readonly sha256: string | null
  readonly expires_at: Date | null
  readonly failure: string | null
}

const COLUMNS = `id, state, kind, query, requested_by, requested_at, disclosed, log_size::float8 as log_size, attempts, step,
  step_done::float8 as step_done, step_total::float8 as step_total, from_leaf::float8 as from_leaf, to_leaf::float8 as to_leaf,
  row_count::float8 as row_count, tree_size::float8 as tree_size, size_bytes::float8 as size_bytes, sha256, expires_at, failure`

export type NewPack = {
  readonly id: PackId
  readonly kind: PackKind
  readonly query: PackQuery
  readonly by: By
  readonly at: Date
  readonly disclosed: boolean
  readonly logSize: number
}

export const addPack = (db: TenantDb, pack: NewPack): Promise<void> =>
  db.insert('packs', {
    id: pack.id,
    kind: pack.kind,
    query: JSON.stringify(pack.query),
    requested_by: JSON.stringify(pack.by),
    requested_at: pack.at,
    disclosed: pack.disclosed,
    log_size: pack.logSize,
  })

export const packById = (db: TenantDb, id: string): Promise<PackRow | null> =>
  db.first<PackRow>(`select ${COLUMNS} from writ.packs where tenant_id = $1 and id = $2`, [id])

/** The newest first. @param before id of the last one of the page before */
export const packsBefore = (db: TenantDb, before: string, limit: number): Promise<PackRow[]> =>
  db.rows<PackRow>(
    `select ${COLUMNS} from writ.packs where tenant_id = $1 and ($2 = '' or id < $2) order by id desc limit $3`,
    [before, limit],
  )

export type PackCounts = { readonly pending: number; readonly kept: number }

export async function countPacks(db: TenantDb): Promise<PackCounts> {
  const counts = await db.first<PackCounts>(
    `select count(*) filter (where state in ('waiting', 'making'))::int as pending, count(*) filter (where state = 'done')::int as kept
       from writ.packs where tenant_id = $1`,
  )
  return counts ?? { pending: 0, kept: 0 }
}

/** Requests of one tenant take turns, so that its limits hold for those that come at once. */
export const takeTurn = (db: TenantDb): Promise<unknown> =>
  db.rows(`select pg_advisory_xact_lock(hashtext('writ.packs'), hashtext($1))`)

/** What was there of a file is gone. @returns null when there is nothing to end */
export async function endPack(
  db: TenantDb,
  id: string,
  state: 'cancelled' | 'expired',
): Promise<PackRow | null> {
  const ended = await db.first<PackRow>(
    `update writ.packs set state = $3, lease = null, step = null where tenant_id = $1 and id = $2
       and state in ('waiting', 'making', 'done') returning ${COLUMNS}`,
    [id, state],
  )
  if (ended) await db.rows('delete from writ.pack_pieces where tenant_id = $1 and pack_id = $2', [id])
  return ended
}

/**
 * When a human is erased: packs in which fields are opened, or which that human asked for, are gone; one that is made begins anew, and whoever
 * makes it now writes nothing more. What was downloaded is out of our hands.
 * @returns how many files there were
 */
export async function forgetPacks(db: TenantDb, human: HumanId): Promise<number> {
  const touched = "tenant_id = $1 and (disclosed or requested_by::json ->> 'id' = $2)"
  // First: one that is finished at this moment is among those that are done.
  await db.rows(
    `update writ.packs set state = 'waiting', lease = null, leased_until = null, step = null, attempts = attempts - 1
      where ${touched} and state = 'making'`,
    [human],
  )
  const gone = await db.rows(
    `update writ.packs set state = 'expired' where ${touched} and state = 'done' returning id`,
    [human],
  )
  await db.rows(
    `delete from writ.pack_pieces where tenant_id = $1 and pack_id in (select id from writ.packs where ${touched})`,
    [human],
  )
  await db.rows(
    `update writ.packs set requested_by = (requested_by::jsonb || jsonb_build_object('name', $2::text))::text
      where tenant_id = $1 and requested_by::json ->> 'id' = $2`,
    [human],
  )
  return gone.length
}

/** The checkpoint that the newest finished pack of this log stands on; after a fork, the log of before is another one. */
export async function checkpointBefore(db: TenantDb, origin: string): Promise<string | null> {
  const row = await db.first<{ checkpoint: string }>(
    `select checkpoint from writ.packs where tenant_id = $1 and split_part(checkpoint, E'\\n', 1) = $2 and finished_at is not null
      order by tree_size desc, finished_at desc limit 1`,
    [origin],
  )
  return row?.checkpoint ?? null
}

export function viewOf(row: PackRow): PackView {
  const { step, step_done: done, step_total: total, from_leaf: from, to_leaf: to } = row
  return {
    id: row.id,
    state: row.state,
    kind: row.kind,
    query: PackQuery.parse(JSON.parse(row.query)),
    requestedBy: requesterOf(row),
    requestedAt: row.requested_at.toISOString(),
    disclosed: row.disclosed,
    progress: step === null ? null : { step, done: done ?? 0, total },
    leaves: from === null || to === null ? null : { from, to },
    rows: row.row_count,
    treeSize: row.tree_size,
    file: fileOf(row),
    failure: row.failure,
  }
}

export const requesterOf = ({ requested_by: by }: PackRow): By => JSON.parse(by)

function fileOf({ state, size_bytes: sizeBytes, sha256, expires_at: expiresAt }: PackRow): PackView['file'] {
  if (state !== 'done' || sizeBytes === null || sha256 === null || expiresAt === null) return null
  return { sizeBytes, sha256, expiresAt: expiresAt.toISOString() }
}
