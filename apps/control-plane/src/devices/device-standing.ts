import { Injectable } from '@nestjs/common'
import type { DeviceRow } from '@writ/postgres'
import { forbidden, notFound } from '../http/problem.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/** Whether a device may have what it asks for. Its records are taken without it. */
@Injectable()
export class DeviceStanding {
  constructor(private readonly tenancy: Tenancy) {}

  /**
   * Works in the device's tenant, if it counts there.
   * @param slug what the request names
   * @throws 404 where that is not the device's own tenant, there or not; 403 as `requireStanding`
   */
  in<T>(device: DeviceRow, slug: string, work: (db: TenantDb) => Promise<T>): Promise<T> {
    if (slug !== device.slug) throw notFound()
    return this.tenancy.run({ id: device.tenantId, slug: device.slug }, async (db) => {
      await requireStanding(db, device)
      return work(db)
    })
  }

  /** The same where nothing else is done. */
  require(device: DeviceRow, slug: string): Promise<void> {
    return this.in(device, slug, () => Promise.resolve())
  }
}

/** @throws 403 when the device was revoked, its agent enrolled with another key since, its agent or the agent's human does not count, or the tenant is suspended */
export async function requireStanding(db: TenantDb, { id, agentId }: DeviceRow): Promise<void> {
  const row = await db.first(
    `select 1 from writ.devices d
       join writ.agents a on a.tenant_id = d.tenant_id and a.id = d.agent_id and a.status = 'enrolled' and d.proven_at >= a.enrolled_at
       join writ.humans h on h.tenant_id = a.tenant_id and h.id = a.human_id and h.status = 'active'
       join writ.tenants t on t.id = d.tenant_id and t.suspended_at is null
     where d.tenant_id = $1 and d.id = $2 and d.agent_id = $3 and d.revoked_at is null`,
    [id, agentId],
  )
  if (!row)
    throw forbidden(
      'this device does not count now: its agent, their human or the tenant is suspended or revoked',
    )
}
