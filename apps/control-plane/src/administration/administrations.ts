import { Injectable } from '@nestjs/common'
import type { Administration, AuditRecord, DecisionId, RecordedFinding } from '@writ/contracts'
import { Clock } from '../clock.ts'
import { newId } from '../ids-and-secrets.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { recordable } from './recordable.ts'

/** What was done to a tenant. `before` and `after` are views, as the API shows them. */
export type AdministrativeEvent = Omit<Administration, 'before' | 'after'> & {
  readonly before: unknown
  readonly after: unknown
}

/** What was found in the records of a session, and whose session it is. */
export type FoundEvent = Pick<AuditRecord, 'session' | 'agent' | 'human'> & {
  readonly finding: RecordedFinding
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
    await db.rows(INSERT, [newId('dec', nowMs), new Date(nowMs), JSON.stringify(administration), null])
  }

  /** The same for what the platform found. Call it last in a transaction, too. */
  async found(db: TenantDb, id: DecisionId, event: FoundEvent): Promise<void> {
    await db.rows(INSERT, [id, new Date(this.clock.nowMs()), null, JSON.stringify(event)])
  }
}

// Numbered by the row of the tenant: no gaps, and a number is visible only when all before it are.
const INSERT = `
  with numbered as (
    update writ.tenants set administration_seq = administration_seq + 1 where id = $1 returning administration_seq
  )
  insert into writ.administration_events (tenant_id, seq, decision_id, at, administration, finding)
  select $1, administration_seq, $2, $3, $4, $5 from numbered`
