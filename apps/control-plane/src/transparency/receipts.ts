import type { InclusionQuery } from '@writ/contracts'
import type { EntityManager } from 'typeorm'

/**
 * The leaf of the record that a receipt names: by the batch in which it came.
 * @returns null when it is not in the ledger; `another` when the record there is not the one of the receipt
 */
export async function leafOfReceipt(
  manager: EntityManager,
  { stream, seq, sha256 }: Pick<InclusionQuery, 'stream' | 'seq' | 'sha256'>,
): Promise<number | 'another' | null> {
  const rows: { leaf: number; sha256: string | null }[] = await manager.query(LEAF, [stream, seq])
  const [row] = rows
  if (row === undefined) return null
  return sha256 === undefined || row.sha256 === null || row.sha256 === sha256 ? row.leaf : 'another'
}

// A record that retention removed has its leaf still, and no bytes to compare with.
const LEAF = `
  select (b.first_leaf + $2::bigint - b.first_seq)::float8 as leaf, encode(sha256(r.bytes), 'hex') as sha256
    from writ.stream_batches b
    left join writ.records r on r.tenant_id = b.tenant_id and r.leaf_index = b.first_leaf + $2::bigint - b.first_seq
   where b.tenant_id = app.tid() and b.stream_id = $1 and b.first_seq <= $2::bigint and b.from_seq + b.count > $2::bigint
   limit 1`
