import type { AgentId } from '@writ/contracts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/**
 * Whether a key is or ever was the identity of an agent, of whichever tenant, or is a session key here. The answer outside is the same as for
 * a token that does not count, so that nobody learns of another tenant's keys.
 */
export async function isKeyTaken(db: TenantDb, thumbprint: string): Promise<boolean> {
  const [anywhere]: { taken: boolean }[] = await db.manager.query(
    'select app.identity_key_taken($1) as taken',
    [thumbprint],
  )
  const session = await db.first('select 1 from writ.sessions where tenant_id = $1 and key_thumbprint = $2', [
    thumbprint,
  ])
  return anywhere?.taken !== false || session !== null
}

/** From now on no other agent can have it. */
export const bindIdentityKey = (db: TenantDb, agent: AgentId, thumbprint: string): Promise<void> =>
  db.insert('identity_keys', { thumbprint, agent_id: agent })
