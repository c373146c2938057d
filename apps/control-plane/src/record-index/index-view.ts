import { isOfLedger, isTooSlow } from '@writ/clickhouse'
import type { ApartIndex, Candidates } from '@writ/clickhouse'
import type { TenantId } from '@writ/contracts'
import { leavesAt } from '@writ/postgres'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import type { OpenedIndex } from './index-link.ts'
import { MOST_BEHIND } from './index-standing.ts'

/** The index, asked by one request: it answers for the leaves before `readTo`, and the ledger has `size`. */
export type IndexView = {
  readonly db: TenantDb
  readonly index: ApartIndex
  readonly tenant: TenantId
  readonly readTo: number
  readonly size: number
}

/** Why the index is not asked. `damaged`: not for counts, of which it knows less than the ledger. */
export type NoView = {
  readonly reason: 'away' | 'slow' | 'behind' | 'foreign' | 'damaged'
  readonly readTo: number | null
  readonly size: number | null
}

/** The index did not answer, or refused. Postgres can still be asked. */
export class IndexFailure extends Error {
  override readonly name = 'IndexFailure'

  get isSlow(): boolean {
    return isTooSlow(this.cause)
  }
}

export async function ofIndex<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new IndexFailure('the index of records did not answer', { cause: error })
  }
}

const COMPARED_HOLDS_MS = 60_000
const MOST_COMPARED = 10_000
const UNREAD_AT_ONCE = 100

/** Views of the index, of those tenants whose records it has as the ledger has them. */
export class IndexViews {
  readonly #comparedAtMs = new Map<string, number>()
  /** the leaf before which no record was damaged before the index read it */
  readonly #soundTo = new Map<string, number>()

  /** @throws IndexFailure */
  async of(db: TenantDb, { name, index }: OpenedIndex): Promise<IndexView | NoView> {
    const tenant = db.tenant.id
    const readTo = await ofIndex(() => index.loadedTo(tenant))
    // Behind the index: the log only grows, so that it has at least as much.
    const size = await sizeOf(db)
    if (size - readTo > MOST_BEHIND) return { reason: 'behind', readTo, size }
    const view = { db, index, tenant, readTo, size }
    return (await this.#isOfLedger(name, view)) ? view : { reason: 'foreign', readTo, size }
  }

  /**
   * The same for counts and times, which are the word of the index alone: it counts no bytes that were damaged before it read them, and the
   * ledger has beside them what they were. @throws IndexFailure
   */
  async toCount(db: TenantDb, opened: OpenedIndex): Promise<IndexView | NoView> {
    const view = await this.of(db, opened)
    if ('reason' in view || (await this.#isSound(opened.name, view))) return view
    return { reason: 'damaged', readTo: view.readTo, size: view.size }
  }

  async #isSound(name: string, view: IndexView): Promise<boolean> {
    const key = `${name} ${view.tenant}`
    if (await hasDamage(view, this.#soundTo.get(key) ?? 0)) return false
    if (this.#soundTo.size >= MOST_COMPARED) this.#soundTo.clear()
    this.#soundTo.set(key, view.readTo)
    return true
  }

  async #isOfLedger(name: string, view: IndexView): Promise<boolean> {
    if (view.readTo > view.size) return false
    const key = `${name} ${view.tenant}`
    const nowMs = performance.now()
    if (nowMs - (this.#comparedAtMs.get(key) ?? -Infinity) < COMPARED_HOLDS_MS) return true
    if (!(await isOfLedger(ledgerOf(view), askedIndex(view), view.tenant))) return false
    if (this.#comparedAtMs.size >= MOST_COMPARED) this.#comparedAtMs.clear()
    this.#comparedAtMs.set(key, nowMs)
    return true
  }
}

/** Whether there is a record, from this leaf on, that the index could not read and ingest could. */
async function hasDamage({ db, index, tenant, readTo }: IndexView, from: number): Promise<boolean> {
  const query = { filter: { kind: 'unreadable' }, order: 'oldest', limit: UNREAD_AT_ONCE } as const
  for (let after: number | null = from - 1; after !== null;) {
    const asked = { ...query, after, before: readTo }
    const unread: Candidates = await ofIndex(() => index.find(tenant, asked))
    const kept = await leavesAt(db.manager, unread.leaves)
    // Who answers is not ours, and may answer the same for ever.
    const isStuck = unread.next !== null && unread.next <= after
    if (isStuck || kept.some(({ kind }) => kind !== 'unreadable')) return true
    after = unread.next
  }
  return false
}

async function sizeOf(db: TenantDb): Promise<number> {
  const row = await db.first<{ size: number }>(
    'select size::float8 as size from writ.tenant_logs where tenant_id = $1',
  )
  return row?.size ?? 0
}

/** The one leaf that is compared, in the transaction that is open. */
const ledgerOf = ({ db, size }: IndexView): Parameters<typeof isOfLedger>[0] => ({
  size: () => Promise.resolve(size),
  leaves: async function* (_, { from }) {
    yield* await leavesAt(db.manager, [from])
  },
})

const askedIndex = ({ index, readTo }: IndexView): Parameters<typeof isOfLedger>[1] => ({
  loadedTo: () => Promise.resolve(readTo),
  leaf: (tenant, leafIndex) => ofIndex(() => index.leaf(tenant, leafIndex)),
})
