import { Injectable } from '@nestjs/common'
import type { BundleAcknowledgement } from '@writ/contracts'
import type { NodeRow } from '@writ/postgres'
import { Clock } from '../clock.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

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

  /** Of each node the newest version that it applied and the newest that it refused stay: nobody asks for more. @returns how many went */
  async removeFormer(db: TenantDb, most: number): Promise<number> {
    const gone = await db.first<{ removed: number }>(REMOVE_FORMER, [most])
    return gone?.removed ?? 0
  }
}

const REMOVE_FORMER = `
  with gone as (
    delete from writ.bundle_acknowledgements where tenant_id = $1 and (node_id, version) in (
      select node_id, version from (
        select node_id, version, row_number() over (partition by node_id, outcome order by version desc) as place
          from writ.bundle_acknowledgements where tenant_id = $1) as said
       where place > 1 limit $2)
    returning 1)
  select count(*)::int as removed from gone`
