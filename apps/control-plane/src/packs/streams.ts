import { canonical } from '@writ/audit'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { treeOf } from './fields.ts'
import { Tally } from './tally.ts'
import type { Lost } from './tally.ts'
import type { PackPlan, PackWork } from './work.ts'

const AT_ONCE = 1000

export type LostRange = Pick<Lost, 'stream' | 'from' | 'to'>

/** What was lost of the streams of the rows, or is said to be lost by one of the rows; not what came after all, whoever told of that. */
export async function lostRanges(work: PackWork, { treeSize }: PackPlan, tally: Tally): Promise<LostRange[]> {
  const known = new Tally()
  for await (const rows of toldOfLosses(work, treeSize))
    for (const { leaf, bytes } of rows) known.add(leaf, treeOf(bytes))
  const told = new Set(tally.lost.map(({ stream }) => stream))
  const lost = withoutArrived(known.lost).filter(
    ({ stream }) => tally.streams.has(stream) || told.has(stream),
  )
  const reached = await reachedBy(work, [...new Set(lost.map(({ stream }) => stream))])
  return apart(lost.flatMap((range) => cut(range, 0, reached.get(range.stream) ?? 0)))
}

type ToldRow = { readonly leaf: number; readonly bytes: Buffer }

async function* toldOfLosses(work: PackWork, treeSize: number): AsyncGenerator<readonly ToldRow[]> {
  let last: ToldRow | undefined
  do {
    const after = last?.leaf ?? -1
    const rows = await work.inTenant((db) => db.rows<ToldRow>(TOLD_OF_LOSSES, [after, treeSize, AT_ONCE]))
    yield rows
    last = rows.length < AT_ONCE ? undefined : rows.at(-1)
  } while (last !== undefined)
}

const TOLD_OF_LOSSES = `select leaf_index::float8 as leaf, bytes from writ.records
  where tenant_id = $1 and leaf_index > $2 and leaf_index < $3 and kind = 'stream_lost' order by leaf_index limit $4`

/** A range that arrived later is said to have, in a record of the same form. */
function withoutArrived(told: readonly Lost[]): LostRange[] {
  let lost: LostRange[] = []
  for (const { stream, from, to, arrived } of told) {
    lost = lost.flatMap((range) => (range.stream === stream ? cut(range, from, to) : [range]))
    if (!arrived) lost.push({ stream, from, to })
  }
  return lost.toSorted((a, b) => (a.stream === b.stream ? a.from - b.from : a.stream < b.stream ? -1 : 1))
}

/** How far each stream has come into the ledger: that a range came is told when all of it has. */
async function reachedBy(work: PackWork, streams: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const rows = await work.inTenant((db) =>
    db.rows<{ id: string; next: number }>(
      'select id, next_seq::float8 as next from writ.streams where tenant_id = $1 and id = any($2)',
      [streams],
    ),
  )
  return new Map(rows.map(({ id, next }) => [id, next]))
}

/** Sorted ranges, with those that touch as one: what was lost in two goes may be told in two records. */
function apart(ranges: readonly LostRange[]): LostRange[] {
  const merged: LostRange[] = []
  for (const range of ranges) {
    const last = merged.at(-1)
    if (last?.stream === range.stream && last.to >= range.from)
      merged.splice(-1, 1, { ...last, to: Math.max(last.to, range.to) })
    else merged.push(range)
  }
  return merged
}

/** What of a range lies outside of another. */
const cut = (range: LostRange, from: number, to: number): LostRange[] =>
  [
    { ...range, to: Math.min(range.to, from) },
    { ...range, from: Math.max(range.from, to) },
  ].filter((part) => part.from < part.to)

type StreamRow = {
  readonly stream: string
  readonly node: string
  readonly nextSeq: number | null
  readonly headHash: string | null
  readonly at: string | null
  readonly signature: string | null
}

/** `streams.json`: the keys of the nodes, and the newest head that each signed of its stream. */
export async function* streamHeads(work: PackWork, streams: readonly string[]): AsyncGenerator<string> {
  const rows: StreamRow[] = []
  for (let at = 0; at < streams.length; at += AT_ONCE)
    rows.push(...(await work.inTenant((db) => db.rows<StreamRow>(HEADS, [streams.slice(at, at + AT_ONCE)]))))
  const nodes = await work.inTenant((db) => keysOf(db, [...new Set(rows.map(({ node }) => node))]))
  yield canonical({
    nodes,
    streams: rows
      .map((row) => ({ head: headOf(row), stream: row.stream }))
      .toSorted((a, b) => (a.stream < b.stream ? -1 : 1)),
  })
}

function headOf({ nextSeq, headHash, at, signature }: StreamRow) {
  if (nextSeq === null || headHash === null || at === null || signature === null) return null
  return { at, headHash, nextSeq, signature }
}

const HEADS = `select id as stream, node_id as node, reported_next_seq::float8 as "nextSeq", reported_hash as "headHash",
    reported_at as at, reported_signature as signature
  from writ.streams where tenant_id = $1 and id = any($2)`

async function keysOf(
  db: TenantDb,
  nodes: readonly string[],
): Promise<{ node: string; publicKey: string }[]> {
  const rows = await db.rows<{ node: string; publicKey: string }>(
    `select id as node, public_key as "publicKey" from writ.nodes where $1 <> '' and id = any($2)`,
    [nodes],
  )
  return rows.toSorted((a, b) => (a.node < b.node ? -1 : 1))
}

type BatchRow = {
  readonly fromSeq: number
  readonly count: number
  readonly headHash: string
  readonly signature: string
}

/** `batches.jsonl`: every signed batch that holds a row. */
export async function* batchLines(work: PackWork, tally: Tally): AsyncGenerator<string> {
  let done = 0
  for (const stream of sortedStreams(tally)) {
    for await (const batches of batchesOf(work, stream, tally))
      yield batches.map((batch) => `${canonical({ ...batch, stream })}\n`).join('')
    done += 1
    await work.tell('batches', done, tally.streams.size)
  }
}

export const sortedStreams = (tally: Tally): string[] => [...tally.streams.keys()].toSorted()

async function* batchesOf(work: PackWork, stream: string, tally: Tally): AsyncGenerator<BatchRow[]> {
  const seqs = tally.streams.get(stream)?.seqs
  if (seqs === undefined) return
  let last: BatchRow | undefined
  do {
    const after = last ?? { fromSeq: -1, count: 0 }
    const rows = await work.inTenant((db) =>
      db.rows<BatchRow>(BATCHES, [stream, seqs.first, seqs.last, after.fromSeq, after.count, AT_ONCE]),
    )
    yield rows.filter(({ fromSeq, count }) => seqs.meets(fromSeq, fromSeq + count))
    last = rows.length < AT_ONCE ? undefined : rows.at(-1)
  } while (last !== undefined)
}

const BATCHES = `select from_seq::float8 as "fromSeq", count, head_hash as "headHash", signature from writ.stream_batches
  where tenant_id = $1 and stream_id = $2 and from_seq + count > $3 and from_seq <= $4 and (from_seq, count) > ($5, $6)
  order by from_seq, count limit $7`
