import { Injectable } from '@nestjs/common'
import type { Administration } from '@writ/contracts'
import { Clock } from '../clock.ts'
import { newId } from '../ids-and-secrets.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { recordable } from './recordable.ts'

/** What was done to a tenant. `before` and `after` are views, as the API shows them. */
export type AdministrativeEvent = Omit<Administration, 'before' | 'after'> & {
  readonly before: unknown
  readonly after: unknown
}

/** Keeps what administrators, directories and the platform itself do to a tenant, in the transaction in which they do it. */
@Injectable()
export class Administrations {
  constructor(private readonly clock: Clock) {}

  /**
   * One event; the sealer makes it a record of the tenant's audit. Secrets in the views are left out.
   * Call it last in a transaction: it holds the row of the tenant until commit, as minting a bundle does.
   */
  async record(db: TenantDb, { before, after, ...event }: AdministrativeEvent): Promise<void> {
    const nowMs = this.clock.nowMs()
    const administration = { ...event, before: recordable(before), after: recordable(after) }
    await db.rows(INSERT, [newId('dec', nowMs), new Date(nowMs), JSON.stringify(administration)])
  }
}

// Numbered by the row of the tenant: no gaps, and a number is visible only when all before it are.
const INSERT = `
  with numbered as (
    update writ.tenants set administration_seq = administration_seq + 1 where id = $1 returning administration_seq
  )
  insert into writ.administration_events (tenant_id, seq, decision_id, at, administration)
  select $1, administration_seq, $2, $3, $4 from numbered`
