import { Injectable } from '@nestjs/common'
import type { Lineage, LineageQuery, RecordFilter } from '@writ/contracts'
import { RecordSearch } from '../record-index/record-search.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { namingDamage } from './damage.ts'
import { graphOf } from './lineage-graph.ts'
import { provOf } from './lineage-prov.ts'
import type { ProvDocument } from './lineage-prov.ts'
import { lineOf, newestOf, readLeavesOf } from './lines.ts'
import type { ReadLeaf } from './lines.ts'

/** Messages that one is a part of, one in the other. */
const MOST_PARENTS = 16

/** From a human to what was reached, by every agent and session in between. */
@Injectable()
export class LineageService {
  constructor(private readonly search: RecordSearch) {}

  /**
   * @returns nothing but empty lists where there is nothing of the kind: that is an answer, too
   * @throws 409 naming a record among them that is none any more
   */
  async of(db: TenantDb, { format, ...query }: LineageQuery): Promise<Lineage | ProvDocument> {
    const { leaves, isCut } = await namingDamage(() => leavesOf(this.search, db, query))
    if (format === 'prov')
      return provOf(
        db.tenant.id,
        leaves.map(({ record }) => record),
        isCut,
      )
    return { lines: leaves.map(lineOf), ...graphOf(leaves.map(({ record }) => record)), isCut }
  }
}

type Asked = Omit<LineageQuery, 'format'>

async function leavesOf(search: RecordSearch, db: TenantDb, query: Asked) {
  const { most, from, until } = query
  const filters = await filtersOf(search, db, query)
  const found = new Map<number, ReadLeaf>()
  let isCut = false
  for (const filter of filters) {
    const { leaves, isCut: wasCut } = await newestOf(search, db, { from, until, ...filter }, most)
    for (const leaf of leaves) found.set(leaf.leafIndex, leaf)
    isCut ||= wasCut
  }
  const all = [...found.values()].toSorted((one, other) => one.leafIndex - other.leafIndex)
  return { leaves: all.slice(-most), isCut: isCut || all.length > most }
}

/** What hangs together with what was asked for: a question for each way in which it can. */
async function filtersOf(
  search: RecordSearch,
  db: TenantDb,
  { decision, session, agent, human }: Asked,
): Promise<RecordFilter[]> {
  if (session !== undefined) return [{ session }, { ancestor: session }]
  if (agent !== undefined) return [{ agent }, { delegator: agent }]
  if (human !== undefined) return [{ human }]
  const parents = await parentsOf(search, db, decision)
  return [...parents.map((one) => ({ decision: one })), { decision }, { parent: decision }]
}

async function parentsOf(search: RecordSearch, db: TenantDb, decision: Asked['decision']): Promise<string[]> {
  const found: string[] = []
  for (let next = decision; next !== undefined && found.length < MOST_PARENTS;) {
    const filter = { decision: next }
    const { leaves } = await search.leaves(db, { filter, order: 'oldest', limit: 1 })
    next = readLeavesOf(leaves)[0]?.record.parent
    if (next === undefined || found.includes(next)) break
    found.push(next)
  }
  return found
}
