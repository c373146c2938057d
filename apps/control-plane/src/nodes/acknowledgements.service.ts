import { Injectable } from '@nestjs/common'
import type { BundleAcknowledgement } from '@writ/contracts'
import type { NodeRow } from '@writ/postgres'
import { Clock } from '../clock.ts'
import { Tenancy } from '../tenancy/tenancy.ts'

/** What nodes did with bundles. */
@Injectable()
export class AcknowledgementsService {
  constructor(
    private readonly clock: Clock,
    private readonly tenancy: Tenancy,
  ) {}

  /** Repeating it changes nothing; a node that refused a version and took it later has applied it. */
  async keep(node: NodeRow, { tenant, version, outcome, detail }: BundleAcknowledgement): Promise<void> {
    await this.tenancy.run(await this.tenancy.bySlug(tenant), (db) =>
      db.rows(
        `insert into writ.bundle_acknowledgements (tenant_id, node_id, version, outcome, detail, at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (tenant_id, node_id, version) do update set outcome = excluded.outcome, detail = excluded.detail, at = excluded.at`,
        [node.id, version, outcome, detail, new Date(this.clock.nowMs())],
      ),
    )
  }
}
