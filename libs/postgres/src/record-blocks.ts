import type { EntityManager } from 'typeorm'

/** Leaves that are summed up together. It stands in what is stored: it never changes. */
export const BLOCK_LEAVES = 1024

/** Sums up each block of the tenant's log that the leaves from `from` to before `to` completed, in the transaction that appended them. */
export async function sumUpBlocks(
  manager: EntityManager,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<void> {
  const [first, end] = [Math.floor(from / BLOCK_LEAVES), Math.floor(to / BLOCK_LEAVES)]
  for (let block = first; block < end; block += 1)
    await manager.query(SUM_UP, [block * BLOCK_LEAVES, BLOCK_LEAVES])
}

// Without the terms of one record that could not be read nothing is known of the block, so it is always looked into.
const SUM_UP = `
  with leaves as materialized (
    select occurred_at, ingested_at, terms from writ.records
     where tenant_id = app.tid() and leaf_index >= $1::bigint and leaf_index < $1::bigint + $2::bigint
  ), found as (
    select array_agg(term order by term) as terms, array_agg(n order by term) as counts
      from (select term, count(*)::integer as n from (select unnest(terms) as term from leaves) as each group by term) as one
  )
  insert into writ.record_blocks (tenant_id, block, first_at, last_at, first_ingested, last_ingested, terms, counts)
  select app.tid(), $1::bigint / $2::bigint, min(occurred_at), max(occurred_at), min(ingested_at), max(ingested_at),
         case when bool_and(leaves.terms is not null) then (select found.terms from found) end,
         case when bool_and(leaves.terms is not null) then (select counts from found) end
    from leaves having count(*) > 0`
