import { Injectable } from '@nestjs/common'
import { AuditRecord } from '@writ/contracts'
import type { Json } from '@writ/contracts'
import { withoutPersonal } from '@writ/outlets'
import type { Delivered } from '@writ/outlets'
import { PersonalFields } from '../personal/personal-fields.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/** Together with what is made of it, what one outlet holds in memory. A record is never longer than 64 KiB. */
const MOST_BYTES = 512 * 1024

/** The next records of a tenant for one outlet, and what is to be passed over before or behind them. */
export type Piece = {
  readonly delivered: readonly Delivered[]
  /** leaves before the first that retention removed: `[from, to)` */
  readonly missing: { readonly from: number; readonly to: number } | null
  /** the leaf behind the last of them, where its record can no longer be read */
  readonly unreadable: number | null
}

type LeafRow = {
  readonly leaf: number
  readonly kind: string
  readonly bytes: Buffer
  readonly ingested_at: Date
}
type Wanted = { readonly from: number; readonly most: number; readonly discloses: boolean }

/** Reads the ledger for outlets: in leaf order, a little at a time. */
@Injectable()
export class Reading {
  constructor(private readonly personal: PersonalFields) {}

  async next(db: TenantDb, { from, most, discloses }: Wanted): Promise<Piece> {
    // First the size, then the leaves: what is committed between the two is then found, and not taken for removed.
    const size = await logSize(db)
    const rows = await leavesFrom(db, from, most)
    const first = rows[0]
    // Leaves are contiguous when they are written, so a hole is what retention removed.
    if (first !== undefined && first.leaf > from)
      return { delivered: [], missing: { from, to: first.leaf }, unreadable: null }
    const missing = rows.length === 0 && size > from ? { from, to: size } : null
    const whole = contiguous(rows, from)
    const read = whole.map((row) => ({ row, record: recordIn(row) }))
    const bad = read.findIndex(({ record }) => record === null)
    const good = (bad === -1 ? read : read.slice(0, bad)).flatMap(({ row, record }) =>
      record === null ? [] : [{ row, record }],
    )
    const disclosed = discloses
      ? await this.#disclosed(
          db,
          good.map(({ record }) => record),
        )
      : []
    return {
      delivered: good.map(({ row, record }, n) => deliveredOf(db, row, record, disclosed[n] ?? null)),
      missing,
      unreadable: good.length === 0 ? (read[bad]?.row.leaf ?? null) : null,
    }
  }

  async #disclosed(db: TenantDb, records: readonly AuditRecord[]): Promise<Readonly<Record<string, Json>>[]> {
    const opened = await this.personal.disclose(db, records)
    return opened.map(({ disclosures }) =>
      Object.fromEntries(disclosures.map(({ path, value }): [string, Json] => [path, value])),
    )
  }
}

/** @param disclosed null: nothing is */
function deliveredOf(
  { tenant }: TenantDb,
  { leaf, bytes, ingested_at }: LeafRow,
  record: AuditRecord,
  disclosed: Readonly<Record<string, Json>> | null,
): Delivered {
  const text = bytes.toString('utf8')
  const { shown, taken } = withoutPersonal(record, text)
  return {
    tenant: tenant.id,
    leafIndex: leaf,
    ingestedAtMs: ingested_at.getTime(),
    bytes: text,
    record,
    shown,
    disclosed: disclosed === null ? {} : { ...taken, ...disclosed },
  }
}

// The length of a value is known without fetching it, so no more is read than fits.
const leavesFrom = (db: TenantDb, from: number, most: number): Promise<LeafRow[]> =>
  db.rows(
    `with next as materialized (
       select leaf_index, octet_length(bytes) as size from writ.records
        where tenant_id = $1 and leaf_index >= $2 order by leaf_index limit $3),
     fitting as (
       select leaf_index, size, sum(size) over (order by leaf_index) as together from next)
     select r.leaf_index::float8 as leaf, r.kind, r.bytes, r.ingested_at from writ.records r join fitting f using (leaf_index)
      where r.tenant_id = $1 and (f.together <= $4 or f.together = f.size) order by r.leaf_index`,
    [from, most, MOST_BYTES],
  )

async function logSize(db: TenantDb): Promise<number> {
  const log = await db.first<{ size: number }>(
    'select size::float8 as size from writ.tenant_logs where tenant_id = $1',
  )
  return log?.size ?? 0
}

/** Up to the first hole. */
function contiguous(rows: readonly LeafRow[], from: number): readonly LeafRow[] {
  const hole = rows.findIndex(({ leaf }, n) => leaf !== from + n)
  return hole === -1 ? rows : rows.slice(0, hole)
}

/** What once stopped the intake is not tried again here. */
function recordIn({ kind, bytes }: LeafRow): AuditRecord | null {
  if (kind === 'unreadable') return null
  try {
    return AuditRecord.parse(JSON.parse(bytes.toString('utf8')))
  } catch {
    return null
  }
}
