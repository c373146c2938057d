import { Injectable } from '@nestjs/common'
import { mayDo } from '@writ/contracts'
import type {
  RecordCountQuery,
  RecordCounts,
  RecordQuery,
  RecordTimes,
  RecordTimesQuery,
  RecordView,
} from '@writ/contracts'
import { recordAt, viewOf } from '@writ/postgres'
import type { RecordPage } from '@writ/postgres'
import { badRequest, notFound } from '../http/problem.ts'
import { PersonalFields } from '../personal/personal-fields.ts'
import { RecordSearch } from '../record-index/record-search.ts'
import type { Admission } from '../tenancy/admission.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { namingDamage } from './damage.ts'

/** The records of one tenant: found and counted, never changed. */
@Injectable()
export class RecordsService {
  constructor(
    private readonly personal: PersonalFields,
    private readonly search: RecordSearch,
  ) {}

  /** @throws 409 naming the record that is no record any more: a page without it would hide the damage */
  async page(db: TenantDb, admission: Admission, query: RecordQuery): Promise<RecordPage> {
    const { order, limit, after, ...filter } = query
    const { items, next } = await namingDamage(async () => {
      const found = await this.search.leaves(db, { filter, order, limit, after })
      return { items: found.leaves.map(viewOf), next: found.next }
    }, pastIt(order))
    return {
      items: await this.disclosed(db, admission, items),
      next: next === null ? null : String(next),
    }
  }

  /** @throws 404 where there is no such leaf, or retention removed it */
  async one(db: TenantDb, admission: Admission, leaf: number): Promise<RecordView> {
    const view = await namingDamage(() => recordAt(db.manager, leaf), pastIt('oldest'))
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

  /** @throws 409 where nothing but a record that is none any more says which value was counted */
  counts(db: TenantDb, { field, most, ...filter }: RecordCountQuery): Promise<RecordCounts> {
    return namingDamage(() => this.search.counts(db, { filter, field, most }))
  }

  times(db: TenantDb, query: RecordTimesQuery): Promise<RecordTimes> {
    if (Date.parse(query.from) >= Date.parse(query.until)) throw badRequest('from comes before until')
    return this.search.times(db, query)
  }
}

const pastIt = (order: RecordQuery['order']) => (leaf: number) =>
  `; the records ${order === 'oldest' ? 'behind' : 'before'} it begin at after=${leaf}`
