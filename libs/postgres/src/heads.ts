import { partsOfStream } from '@writ/audit'
import type { NodeId, StreamHead } from '@writ/contracts'
import type { EntityManager } from 'typeorm'

/** `forked`: the node signed another hash for the same place before. `foreign`: not a stream of this node and tenant. */
export type HeadOutcome = 'recorded' | 'older' | 'forked' | 'foreign'

/** Keeps the newest head of a stream, whose signature the caller has verified. It may arrive before the first record does. */
export async function recordHead(
  manager: EntityManager,
  node: NodeId,
  head: StreamHead,
): Promise<HeadOutcome> {
  if (partsOfStream(head.stream).node !== node) return 'foreign'
  const values = [
    head.stream,
    node,
    head.nextSeq,
    head.headHash,
    head.at,
    head.signature,
    partsOfStream(head.stream).tenant,
  ]
  const stored = await manager.query(UPSERT_HEAD, values)
  if (stored.length > 0) return 'recorded'
  const [known] = await manager.query(
    `select reported_next_seq::float8 as "nextSeq", reported_hash as hash from writ.streams
      where tenant_id = app.tid() and id = $1`,
    [head.stream],
  )
  if (known === undefined) return 'foreign'
  return known.nextSeq === head.nextSeq && known.hash !== head.headHash ? 'forked' : 'older'
}

const UPSERT_HEAD = `
  insert into writ.streams
      (tenant_id, id, node_id, reported_next_seq, reported_hash, reported_at, reported_signature, reported_heard_at)
    select id, $1, $2, $3::bigint, $4, $5, $6, now() from writ.tenants where id = app.tid() and id = $7
  on conflict (tenant_id, id) do update set reported_next_seq = excluded.reported_next_seq,
      reported_hash = excluded.reported_hash, reported_at = excluded.reported_at,
      reported_signature = excluded.reported_signature, reported_heard_at = excluded.reported_heard_at
    where streams.reported_next_seq is null
       or streams.reported_next_seq < excluded.reported_next_seq
       or (streams.reported_next_seq = excluded.reported_next_seq
           and streams.reported_hash = excluded.reported_hash and streams.reported_at < excluded.reported_at)
  returning id`

/** Records that nodes say they have and the ledger does not hold yet, and administrative events that are not sealed yet. */
export async function pendingRecords(manager: EntityManager): Promise<number> {
  const [lag] = await manager.query(PENDING)
  return lag.pending
}

const PENDING = `
  select (coalesce(sum(greatest(s.reported_next_seq - s.next_seq, 0)), 0)
           + t.administration_seq - coalesce(max(greatest(s.reported_next_seq, s.next_seq)) filter (where n.kind = 'control-plane'), 0)
         )::float8 as pending
    from writ.tenants t left join writ.streams s on s.tenant_id = t.id left join writ.nodes n on n.id = s.node_id
   where t.id = app.tid() group by t.administration_seq`
