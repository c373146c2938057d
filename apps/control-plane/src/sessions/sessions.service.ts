import { Injectable } from '@nestjs/common'
import type { SessionEnd, SessionId } from '@writ/contracts'
import { Mint } from '../bundles/mint.ts'
import { Clock } from '../clock.ts'
import { notFound } from '../http/problem.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/** Ends sessions for good: their session keys get no token any more, and the next bundle tells the gateways. */
@Injectable()
export class SessionsService {
  constructor(
    private readonly clock: Clock,
    private readonly tenancy: Tenancy,
    private readonly mint: Mint,
  ) {}

  /** For a gateway, when policy aborted the session. */
  async endFor(node: string, id: SessionId, { tenant, reason }: SessionEnd): Promise<void> {
    await this.tenancy.run(await this.tenancy.bySlug(tenant), (db) => this.end(db, id, { by: node, reason }))
  }

  /** Ending it again changes nothing. @throws 404 */
  async end(
    db: TenantDb,
    id: SessionId,
    { by, reason }: { readonly by: string; readonly reason: string },
  ): Promise<void> {
    const ended = await db.first(
      `update writ.sessions set ended_at = $3, ended_by = $4, ended_reason = $5
       where tenant_id = $1 and id = $2 and ended_at is null returning id`,
      [id, new Date(this.clock.nowMs()), by, reason],
    )
    if (ended) await this.mint.mint(db)
    else await requireKnown(db, id)
  }
}

async function requireKnown(db: TenantDb, id: SessionId): Promise<void> {
  const known = await db.first('select 1 from writ.sessions where tenant_id = $1 and id = $2', [id])
  if (!known) throw notFound()
}
