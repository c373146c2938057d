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
      ...recordIn(bytes.toString()),
      leafIndex: Number(leaf_index),
    }))
  } finally {
    await client.end()
  }
}

/** Tests look at the same records again and again until one more is there: what was read once is not read anew. */
const known = new Map<string, AuditRecord>()

function recordIn(text: string): AuditRecord {
  const record = known.get(text) ?? AuditRecord.parse(JSON.parse(text))
  known.set(text, record)
  return record
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

/**
 * Looks until there is an answer: often at first, less often once it takes long, because what is looked at is work for the platform too.
 * @throws Error after the limit
 */
export async function eventually<T>(
  what: string,
  attempt: () => Promise<T | undefined | false>,
  limitMs = 30_000,
): Promise<T> {
  const begunMs = Date.now()
  for (;;) {
    const value = await attempt()
    if (value !== undefined && value !== false) return value
    const waitedMs = Date.now() - begunMs
    if (waitedMs > limitMs) throw new Error(`${what}: not within ${limitMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, waitedMs < 1000 ? 50 : 100))
  }
}
