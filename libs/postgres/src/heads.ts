import { partsOfStream } from '@writ/audit'
import type { NodeId, StreamHead } from '@writ/contracts'
import type { EntityManager } from 'typeorm'

/**
 * `forked`: the node signed another hash for the same place before, in a head or in a batch that is stored; where the ledger tells, the head is
 * kept, for it proves that. `ahead`: too far beyond what is stored to be true. `crowded`: no record of the stream has come, and too many such
 * streams of the node are waited for already. `foreign`: not a stream of this node and tenant.
 */
export type HeadOutcome = 'recorded' | 'older' | 'forked' | 'ahead' | 'crowded' | 'foreign'

/** More records than wait anywhere: a head that far ahead of the ledger would count as missing for ever. */
const FARTHEST_AHEAD = 1_000_000

/** Streams of one node and tenant whose first record has not come. A node begins one at each start; each that stays so is a loss in the log. */
const MOST_WAITING = 1000

/**
 * Keeps the newest head of a stream, whose signature the caller has verified. It may arrive before the first record does. Whatever the head says,
 * its node was heard of: also one whose clock went back, or that says what it said before.
 */
export async function recordHead(
  manager: EntityManager,
  node: NodeId,
  head: StreamHead,
): Promise<HeadOutcome> {
  const { tenant, ...parts } = partsOfStream(head.stream)
  if (parts.node !== node) return 'foreign'
  const values = [head.stream, node, head.nextSeq, head.headHash, head.at, head.signature, tenant]
  const bounds = [FARTHEST_AHEAD, MOST_WAITING]
  const [stored]: { isForked: boolean }[] = await manager.query(UPSERT_HEAD, [...values, ...bounds])
  if (stored !== undefined) return stored.isForked ? 'forked' : 'recorded'
  const [[known]]: [KnownHead[], number] = await manager.query(HEARD, [head.stream])
  if (known === undefined && !(await isThere(manager, tenant))) return 'foreign'
  return whyLeftOut(head, known)
}

/** @param known nothing where the stream was never heard of */
function whyLeftOut(head: StreamHead, known?: KnownHead): HeadOutcome {
  if (head.nextSeq > (known?.stored ?? 0) + FARTHEST_AHEAD) return 'ahead'
  if (known === undefined || known.nextSeq === null) return 'crowded'
  return known.nextSeq === head.nextSeq && known.hash !== head.headHash ? 'forked' : 'older'
}

type KnownHead = { readonly stored: number; readonly nextSeq: number | null; readonly hash: string | null }

const UPSERT_HEAD = `
  insert into writ.streams
      (tenant_id, id, node_id, reported_next_seq, reported_hash, reported_at, reported_signature, reported_heard_at)
    select id, $1, $2, $3::bigint, $4, $5, $6, now() from writ.tenants where id = app.tid() and id = $7
       and $3::bigint <= $8::bigint + coalesce((select next_seq from writ.streams where tenant_id = app.tid() and id = $1), 0)
       and (exists (select from writ.streams where tenant_id = app.tid() and id = $1 and (next_seq > 0 or reported_next_seq is not null))
            or $9::bigint > (select count(*) from (select from writ.streams where tenant_id = app.tid() and node_id = $2
                               and next_seq = 0 and reported_next_seq is not null limit $9::bigint) as waiting))
  on conflict (tenant_id, id) do update set reported_next_seq = excluded.reported_next_seq,
      reported_hash = excluded.reported_hash, reported_at = excluded.reported_at,
      reported_signature = excluded.reported_signature, reported_heard_at = excluded.reported_heard_at
    where streams.reported_next_seq is null
       or streams.reported_next_seq < excluded.reported_next_seq
       or (streams.reported_next_seq = excluded.reported_next_seq
           and streams.reported_hash = excluded.reported_hash and streams.reported_at < excluded.reported_at)
  returning next_seq = reported_next_seq and head_hash <> reported_hash as "isForked"`

const HEARD = `
  update writ.streams set reported_heard_at = now() where tenant_id = app.tid() and id = $1
  returning next_seq::float8 as stored, reported_next_seq::float8 as "nextSeq", reported_hash as hash`

async function isThere(manager: EntityManager, tenant: string): Promise<boolean> {
  const found: unknown[] = await manager.query(
    'select 1 from writ.tenants where id = app.tid() and id = $1',
    [tenant],
  )
  return found.length > 0
}

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
