import { isOfLedger, isTooSlow } from '@writ/clickhouse'
import type { ApartIndex } from '@writ/clickhouse'
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

/** Why the index is not asked. */
export type NoView = {
  readonly reason: 'away' | 'slow' | 'behind' | 'foreign'
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

/** Views of the index, of those tenants whose records it has as the ledger has them. */
export class IndexViews {
  readonly #comparedAtMs = new Map<string, number>()

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
