import { Injectable } from '@nestjs/common'
import { verifyEvidence } from '@writ/audit'
import type { Evidence, RecordQuery, Verification } from '@writ/contracts'
import { queryRecords, readEvidence } from '@writ/postgres'
import type { RecordPage } from '@writ/postgres'
import { Clock } from '../clock.ts'
import { conflict } from '../http/problem.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/** The recorded lineage of one tenant: exported and verified, never changed. */
@Injectable()
export class RecordsService {
  constructor(private readonly clock: Clock) {}

  /** @throws 409 naming the record that is no record any more: a page without it would hide the damage */
  async page({ manager }: TenantDb, query: RecordQuery): Promise<RecordPage> {
    try {
      return await queryRecords(manager, query)
    } catch (error) {
      const leaf = unreadableLeafOf(error)
      if (leaf === null) throw error
      throw conflict(
        `the stored record ${leaf} cannot be read any more: the evidence names it; the records behind it begin at after=${leaf}`,
      )
    }
  }

  evidence({ manager, tenant }: TenantDb): Promise<Evidence> {
    return readEvidence(manager, { tenantId: tenant.id, exportedAt: new Date(this.clock.nowMs()) })
  }

  async verify(db: TenantDb): Promise<Verification> {
    return verifyEvidence(await this.evidence(db))
  }
}

/** The leaf index in the fault that `queryRecords` throws for a record that no longer parses. */
function unreadableLeafOf(error: unknown): string | null {
  const [, leaf] =
    /^the stored record (\d+) cannot be read/.exec(error instanceof Error ? error.message : '') ?? []
  return leaf ?? null
}
