import type { AuditLedger, StoredLeaf } from '@writ/audit'
import type { TenantId } from '@writ/contracts'
import type { ApartIndex } from './record-index.ts'

const LEAVES_AT_ONCE = 1000

/**
 * Brings an index towards where the ledger is, from wherever it is: an empty one is made anew by it. It may die anywhere and be called again.
 * @param most so many leaves, then others get a turn
 * @returns the leaf before which the index answers now
 */
export async function catchUp(
  ledger: Pick<AuditLedger, 'size' | 'leaves'>,
  index: Pick<ApartIndex, 'load' | 'loadedTo' | 'forget'>,
  tenant: TenantId,
  most = Infinity,
): Promise<number> {
  const size = await ledger.size(tenant)
  let next = await index.loadedTo(tenant)
  const to = Math.min(size, next + most)
  let waiting: StoredLeaf[] = []
  const load = async () => {
    if (waiting.length > 0) await index.load(tenant, waiting)
    waiting = []
  }
  for await (const leaf of ledger.leaves(tenant, { from: next, to })) {
    // Retention removed what would stand here.
    if (leaf.leafIndex !== next) {
      await load()
      await index.forget(tenant, { from: next, to: leaf.leafIndex })
    }
    waiting.push(leaf)
    next = leaf.leafIndex + 1
    if (waiting.length === LEAVES_AT_ONCE) await load()
  }
  await load()
  if (next < to) await index.forget(tenant, { from: next, to })
  return Math.max(next, to)
}
