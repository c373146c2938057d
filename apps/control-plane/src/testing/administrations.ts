import { Administration } from '@writ/contracts'
import { Client } from 'pg'
import type { ControlPlane } from './given.ts'

/** What was done to a tenant, the newest first. */
export async function administrationsOf(plane: ControlPlane, slug: string): Promise<Administration[]> {
  const owner = new Client({ connectionString: plane.ownerUrl })
  await owner.connect()
  try {
    const { rows } = await owner.query(
      `select administration from writ.administration_events e join writ.tenants t on t.id = e.tenant_id
       where t.slug = $1 and administration is not null order by seq desc`,
      [slug],
    )
    return rows.map(({ administration }) =>
      Administration.parse(typeof administration === 'string' ? JSON.parse(administration) : administration),
    )
  } finally {
    await owner.end()
  }
}
