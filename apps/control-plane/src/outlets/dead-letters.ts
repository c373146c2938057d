import { Injectable } from '@nestjs/common'
import type { OutletDeadLetter } from '@writ/contracts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import type { Leased } from './places.ts'

export type DeadLetter = {
  readonly leaf: number
  /** behind the last; where it is one record, the next leaf */
  readonly to: number
  readonly reason: OutletDeadLetter['reason']
  readonly detail: string
  readonly tries: number
}

/** What was left behind, so that the rest could go on: named leaf by leaf, and never forgotten silently. */
@Injectable()
export class DeadLetters {
  async add(db: TenantDb, { id }: Leased, { leaf, to, reason, detail, tries }: DeadLetter): Promise<void> {
    await db.insert(
      'outlet_dead_letters',
      { outlet_id: id, leaf_index: leaf, to_leaf: to, reason, detail, tries },
      'on conflict (tenant_id, outlet_id, leaf_index) do nothing',
    )
  }

  /** The first that is to be tried again. */
  async nextAgain(db: TenantDb, { id }: Leased): Promise<{ readonly leaf: number } | null> {
    return db.first(
      `select leaf_index::float8 as leaf from writ.outlet_dead_letters
        where tenant_id = $1 and outlet_id = $2 and again_at is not null order by leaf_index limit 1`,
      [id],
    )
  }

  /** It was delivered after all. */
  async remove(db: TenantDb, { id }: Leased, leaf: number): Promise<void> {
    await db.rows(
      'delete from writ.outlet_dead_letters where tenant_id = $1 and outlet_id = $2 and leaf_index = $3',
      [id, leaf],
    )
  }

  /** It stays, until somebody asks again. */
  async keep(db: TenantDb, { id }: Leased, leaf: number, detail: string): Promise<void> {
    await db.rows(
      `update writ.outlet_dead_letters set again_at = null, tries = tries + 1, at = now(), detail = $4
        where tenant_id = $1 and outlet_id = $2 and leaf_index = $3`,
      [id, leaf, detail],
    )
  }
}
