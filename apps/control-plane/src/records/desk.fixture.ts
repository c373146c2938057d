import type { RecordFields } from '@writ/audit'
import type { TenantId } from '@writ/contracts'
import { createTenantScope, ingestBatch } from '@writ/postgres'
import type { Database } from '@writ/postgres'
import { createTestNode, createTestStream } from '@writ/postgres/testing'
import type { ControlPlane } from '../testing/given.ts'

/** So many records of a node of its own arrive in the tenant's log, as the audit worker brings them. */
export async function arrive(
  plane: ControlPlane,
  worker: Database,
  tenant: TenantId,
  records: readonly Partial<RecordFields>[],
): Promise<void> {
  const sender = createTestNode()
  await plane.query(
    `insert into writ.nodes (id, name, public_key, lease_key, origin, build) values ($1, $1, $2, '{}', 'http://127.0.0.1', 'test')`,
    [sender.id, sender.publicKey],
  )
  const stream = createTestStream(sender, tenant, records.length, (seq) => records[seq] ?? {})
  const { outcome } = await ingestBatch(createTenantScope(worker), stream.opened(0, records.length))
  if (outcome !== 'ingested') throw new Error(outcome)
}
