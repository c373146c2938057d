import { Injectable } from '@nestjs/common'
import { verifyEvidence } from '@writ/audit'
import { mayDo } from '@writ/contracts'
import type {
  Evidence,
  RecordCountQuery,
  RecordCounts,
  RecordQuery,
  RecordTimes,
  RecordTimesQuery,
  RecordView,
  Verification,
} from '@writ/contracts'
import { readEvidence, recordAt, viewOf } from '@writ/postgres'
import type { RecordPage } from '@writ/postgres'
import { Clock } from '../clock.ts'
import { badRequest, conflict, notFound } from '../http/problem.ts'
import { PersonalFields } from '../personal/personal-fields.ts'
import { RecordSearch } from '../record-index/record-search.ts'
import type { Admission } from '../tenancy/admission.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/** The records of one tenant: found, counted, exported and verified, never changed. */
@Injectable()
export class RecordsService {
  constructor(
    private readonly clock: Clock,
    private readonly personal: PersonalFields,
    private readonly search: RecordSearch,
  ) {}

  /** @throws 409 naming the record that is no record any more: a page without it would hide the damage */
  async page(db: TenantDb, admission: Admission, query: RecordQuery): Promise<RecordPage> {
    const { order, limit, after, ...filter } = query
    const { items, next } = await naming(order, async () => {
      const found = await this.search.leaves(db, { filter, order, limit, after })
      return { items: found.leaves.map(viewOf), next: found.next }
    })
    return {
      items: await this.disclosed(db, admission, items),
      next: next === null ? null : String(next),
    }
  }

  /** @throws 404 where there is no such leaf, or retention removed it */
  async one(db: TenantDb, admission: Admission, leaf: number): Promise<RecordView> {
    const view = await naming('oldest', () => recordAt(db.manager, leaf))
    const [shown] = view ? await this.disclosed(db, admission, [view]) : []
    if (!shown) throw notFound()
    return shown
  }

  /** With what is sealed in them, opened, for whoever may see it. */
  async disclosed(db: TenantDb, { roles }: Admission, views: readonly RecordView[]): Promise<RecordView[]> {
    if (!mayDo(roles, 'personal.read')) return [...views]
    const opened = await this.personal.disclose(
      db,
      views.map(({ record }) => record),
    )
    return views.map((view, at) => ({ ...view, ...opened[at] }))
  }

  counts(db: TenantDb, { field, most, ...filter }: RecordCountQuery): Promise<RecordCounts> {
    return this.search.counts(db, { filter, field, most })
  }

  times(db: TenantDb, query: RecordTimesQuery): Promise<RecordTimes> {
    if (Date.parse(query.from) >= Date.parse(query.until)) throw badRequest('from comes before until')
    return this.search.times(db, query)
  }

  evidence({ manager, tenant }: TenantDb): Promise<Evidence> {
    return readEvidence(manager, { tenantId: tenant.id, exportedAt: new Date(this.clock.nowMs()) })
  }

  async verify(db: TenantDb): Promise<Verification> {
    return verifyEvidence(await this.evidence(db))
  }
}

async function naming<T>(order: RecordQuery['order'], read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    const leaf = unreadableLeafOf(error)
    if (leaf === null) throw error
    throw conflict(
      `the stored record ${leaf} cannot be read any more: the evidence names it; the records ${order === 'oldest' ? 'behind' : 'before'} it begin at after=${leaf}`,
    )
  }
}

/** The leaf index in the fault that is thrown for a record that no longer parses. */
function unreadableLeafOf(error: unknown): string | null {
  const [, leaf] =
    /^the stored record (\d+) cannot be read/.exec(error instanceof Error ? error.message : '') ?? []
  return leaf ?? null
}
