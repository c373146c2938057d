import { Client } from 'pg'
import { AuditRecord } from '@writ/contracts'
import type { World } from './world.ts'

export type StoredRecord = AuditRecord & { readonly leafIndex: number }

/** Every record that Postgres holds, read as the owner of the schema: past every service and every policy. */
export async function storedRecords(
  world: Pick<World, 'platform'>,
  tenantId: string,
): Promise<StoredRecord[]> {
  const client = new Client({ connectionString: world.platform.ownerUrl })
  await client.connect()
  try {
    await client.query('begin')
    await client.query("select set_config('app.tenant_id', $1, true)", [tenantId])
    const { rows } = await client.query<{ leaf_index: string; bytes: Buffer }>(
      'select leaf_index, bytes from writ.records where tenant_id = $1 order by leaf_index',
      [tenantId],
    )
    await client.query('commit')
    return rows.map(({ leaf_index, bytes }) => ({
      ...AuditRecord.parse(JSON.parse(bytes.toString())),
      leafIndex: Number(leaf_index),
    }))
  } finally {
    await client.end()
  }
}

/** Marks a session as ended; the next bundle names it. */
export async function endSession(
  world: Pick<World, 'platform'>,
  tenantId: string,
  session: string,
): Promise<void> {
  const client = new Client({ connectionString: world.platform.ownerUrl })
  await client.connect()
  try {
    await client.query("select set_config('app.tenant_id', $1, false)", [tenantId])
    await client.query('update writ.sessions set ended_at = now() where tenant_id = $1 and id = $2', [
      tenantId,
      session,
    ])
  } finally {
    await client.end()
  }
}

/** Waits until the records satisfy `isThere`. @throws Error after the limit */
export async function eventually<T>(
  what: string,
  attempt: () => Promise<T | undefined | false>,
  limitMs = 30_000,
): Promise<T> {
  const deadline = Date.now() + limitMs
  for (;;) {
    const value = await attempt()
    if (value !== undefined && value !== false) return value
    if (Date.now() > deadline) throw new Error(`${what}: not within ${limitMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
