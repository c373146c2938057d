import type { HumanId } from '@writ/contracts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/** Who that is, at that identity provider. */
export type LinkedIdentity = { readonly issuer: string; readonly subject: string; readonly human: HumanId }

/** @throws a unique violation where that identity is somebody's already */
export async function linkIdentity(
  db: TenantDb,
  { issuer, subject, human }: LinkedIdentity,
  at: Date,
): Promise<void> {
  await db.insert('human_identities', { issuer, subject, human_id: human, created_at: at })
}

export async function unlinkIdentity(
  db: TenantDb,
  { issuer, subject, human }: LinkedIdentity,
): Promise<void> {
  await db.rows(
    'delete from writ.human_identities where tenant_id = $1 and human_id = $2 and issuer = $3 and subject = $4',
    [human, issuer, subject],
  )
}
