import { AuditRecord } from '@writ/contracts'
import type { RecordQuery, RecordView } from '@writ/contracts'
import type { EntityManager } from 'typeorm'

export type RecordPage = { readonly items: RecordView[]; readonly next: string | null }

/**
 * One page of the tenant's records, in leaf order.
 * @throws when a stored record can no longer be read; `readEvidence` and verification still name it
 */
export async function queryRecords(manager: EntityManager, query: RecordQuery): Promise<RecordPage> {
  const { sql, values } = conditionsOf(query)
  const rows: StoredRow[] = await manager.query(
    `select leaf_index::float8 as "leafIndex", ingested_at as "ingestedAt", bytes from writ.records
      where tenant_id = app.tid() and leaf_index > $1 ${sql} order by leaf_index limit $2`,
    [query.after, query.limit + 1, ...values],
  )
  const items = rows.slice(0, query.limit).map(viewOf)
  const last = items.at(-1)
  return { items, next: rows.length > query.limit && last ? String(last.leafIndex) : null }
}

type StoredRow = { readonly leafIndex: number; readonly ingestedAt: Date; readonly bytes: Buffer }

function conditionsOf(query: RecordQuery): { sql: string; values: string[] } {
  const asked = [
    { column: 'agent_id', value: query.agent },
    { column: 'human_id', value: query.human },
    { column: 'session_id', value: query.session },
    { column: 'decision_id', value: query.decision },
    { column: 'tool', value: query.tool?.replaceAll('\0', '\uFFFD') },
    { column: 'outcome', value: query.outcome },
    { column: 'kind', value: query.kind },
  ].flatMap(({ column, value }) => (value === undefined ? [] : [{ column, value }]))
  return {
    sql: asked.map(({ column }, at) => `and ${column} = $${at + 3}`).join(' '),
    values: asked.map(({ value }) => value),
  }
}

function viewOf({ leafIndex, ingestedAt, bytes }: StoredRow): RecordView {
  const text = bytes.toString('utf8')
  return { leafIndex, ingestedAt: ingestedAt.toISOString(), bytes: text, record: readStored(text, leafIndex) }
}

function readStored(text: string, leafIndex: number): AuditRecord {
  try {
    return AuditRecord.parse(JSON.parse(text))
  } catch (cause) {
    throw new Error(`the stored record ${leafIndex} cannot be read: verify the evidence`, { cause })
  }
}
