import { Injectable } from '@nestjs/common'
import { verifyEvidence } from '@writ/audit'
import type { Evidence, Verification } from '@writ/contracts'
import { readEvidence } from '@writ/postgres'
import { Clock } from '../clock.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/** The recorded lineage of one tenant: exported and verified, never changed. */
@Injectable()
export class RecordsService {
  constructor(private readonly clock: Clock) {}

  evidence({ manager, tenant }: TenantDb): Promise<Evidence> {
    return readEvidence(manager, { tenantId: tenant.id, exportedAt: new Date(this.clock.nowMs()) })
  }

  async verify(db: TenantDb): Promise<Verification> {
    return verifyEvidence(await this.evidence(db))
  }
}
