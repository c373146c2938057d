import { Client } from 'pg'

/** What the database really holds for one tenant, read past every service of the platform. */
export type DatabaseView = {
  readonly closedRecords: (agentId: string) => Promise<number>
  /** rows of the tenant, in any table that the guide names, whose text holds the given words */
  readonly holds: (words: string) => Promise<boolean>
  readonly close: () => Promise<void>
}

const TABLES = [
  'records',
  'connections',
  'agents',
  'bundles',
  'enrolment_tokens',
  'policy_versions',
  'signing_keys',
  'tenant_keys',
]

export async function openDatabaseView(url: string, tenantId: string): Promise<DatabaseView> {
  const client = new Client({ connectionString: url, application_name: 'writ-demo' })
  await client.connect()
  await client.query("select set_config('app.tenant_id', $1, false)", [tenantId])
  const count = async (sql: string, parameters: readonly string[]): Promise<number> => {
    const { rows } = await client.query<{ n: number }>(sql, [...parameters])
    return rows[0]?.n ?? 0
  }
  return {
    closedRecords: (agentId) =>
      count(
        `select count(*)::int n from writ.records where kind = 'closed'
           and position(convert_to('"agent":{"id":"' || $1 || '"', 'UTF8') in bytes) > 0`,
        [agentId],
      ),
    holds: async (words) => {
      for (const table of TABLES) if ((await count(sqlFor(table), [words])) > 0) return true
      return false
    },
    close: () => client.end(),
  }
}

/** Bytes are compared as bytes and everything else as the row's text. */
const sqlFor = (table: string): string =>
  table === 'records'
    ? `select count(*)::int n from writ.records where position(convert_to($1, 'UTF8') in bytes) > 0`
    : `select count(*)::int n from writ.${table} t where position($1 in t::text) > 0 or position(encode(convert_to($1, 'UTF8'), 'hex') in t::text) > 0`
