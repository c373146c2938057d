import { MAX_RECORD_BYTES } from '@writ/audit'
import type { Json } from '@writ/contracts'
import { removedLeaves } from '@writ/postgres'
import { treeOf } from './fields.ts'
import { PackImpossible, rowsIn } from './work.ts'
import type { PackPlan, PackWork } from './work.ts'

/** One record as it is stored. It is read as JSON by whoever needs that: most of a pack's work is not to. */
export class Row {
  readonly leaf: number
  readonly bytes: Buffer

  constructor(leaf: number, bytes: Buffer) {
    this.leaf = leaf
    this.bytes = bytes
  }

  tree(): Json {
    return treeOf(this.bytes)
  }
}

/** A few milliseconds of work, and about a megabyte. */
const ROWS_AT_ONCE = 500

/**
 * The rows of a pack in the order of the log, page by page, each in a transaction of its own: the ledger only grows, so what is read of
 * it in pieces is what it was at once.
 * @throws PackImpossible for a row that is not kept any more, or that no pack can hold
 */
export async function* rowsOf(work: PackWork, plan: PackPlan, step: string): AsyncGenerator<readonly Row[]> {
  const total = rowsIn(plan)
  let done = 0
  for (const leaves of pagesOf(plan)) {
    const rows = await work.inTenant((db) =>
      db.rows<StoredRow>(
        `select leaf_index::float8 as leaf, bytes from writ.records
          where tenant_id = $1 and leaf_index >= $2 and leaf_index <= $3 and ($4::bigint[] is null or leaf_index = any($4))
          order by leaf_index`,
        [leaves[0], leaves.at(-1), plan.leaves === null ? null : leaves],
      ),
    )
    await requireAll(work, leaves, rows)
    requireLines(rows)
    yield rows.map(({ leaf, bytes }) => new Row(leaf, bytes))
    done += rows.length
    await work.tell(step, done, total)
  }
}

type StoredRow = { readonly leaf: number; readonly bytes: Buffer }

function* pagesOf({ from, to, leaves }: PackPlan): Generator<number[]> {
  let page: number[] = []
  for (const leaf of leaves?.values() ?? between(from, to)) {
    page.push(leaf)
    if (page.length < ROWS_AT_ONCE) continue
    yield page
    page = []
  }
  if (page.length > 0) yield page
}

function* between(from: number, to: number): Generator<number> {
  for (let leaf = from; leaf < to; leaf += 1) yield leaf
}

async function requireAll(
  work: PackWork,
  leaves: readonly number[],
  rows: readonly StoredRow[],
): Promise<void> {
  const missing = leaves.find((leaf, at) => rows[at]?.leaf !== leaf)
  if (missing === undefined) return
  const removed = await work.inTenant((db) => removedLeaves(db.manager, { from: missing, to: missing + 1 }))
  if (removed.length === 0)
    throw new PackImpossible(`leaf ${missing} is missing in the ledger, and no retention has removed it`)
  throw new PackImpossible(`record ${missing} is not kept any more: ask for a range that begins behind it`)
}

/** docs/pack.md: a record is one line of so many bytes. Of a longer one, and of all behind it, a verifier could say nothing. */
function requireLines(rows: readonly StoredRow[]): void {
  const unfit = rows.find(({ bytes }) => bytes.length > MAX_RECORD_BYTES || bytes.includes(LINE_END))
  if (unfit !== undefined)
    throw new PackImpossible(
      `record ${unfit.leaf} is no line of at most ${MAX_RECORD_BYTES} bytes, as a pack has it: ask for the ranges before and behind it`,
    )
}

const LINE_END = 0x0a
