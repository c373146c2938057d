// What the roles of the services can do in the database beyond their tenant, and to what is written already.
import { workerSettings } from '../../local/settings.mjs'
import { asOwner, asRole } from './owner.mjs'
import { none } from './rows.mjs'

/** Each is refused, or changes nothing. */
const CHANGES = [
  "update writ.records set bytes = 'x' where tenant_id = $1",
  'delete from writ.records where tenant_id = $1',
  'update writ.streams set next_seq = 0 where tenant_id = $1',
  'delete from writ.stream_batches where tenant_id = $1',
  'update writ.tenant_logs set size = 0 where tenant_id = $1',
  'delete from writ.tenant_logs where tenant_id = $1',
]

export async function probeRoles({ platform, tenants: [mine, theirs] }) {
  const roles = { writ_app: platform.databaseUrl, writ_worker: workerSettings(platform.world).DATABASE_URL }
  const tables = await tablesOf(platform)
  const seen = []
  const changed = []
  for (const [role, url] of Object.entries(roles)) {
    for (const tenant of [mine.id, null])
      for (const table of tables)
        if ((await foreignRows(url, { table, tenant, theirs: theirs.id })) > 0)
          seen.push(`${role} in ${table}`)
    for (const change of CHANGES)
      if (await hasChanged(url, { change, tenant: mine.id, theirs: theirs.id }))
        changed.push(`${role}: ${change}`)
  }
  return [
    none(
      'cross-tenant: tables that show a role rows of another tenant',
      seen.length,
      'tables',
      seen.join('; ') || `${tables.length} tables, as two roles, with a tenant set and with none`,
    ),
    none(
      'cross-tenant: changes that a role could make to another tenant’s ledger',
      changed.length,
      'changes',
      changed.join('; ') || `${CHANGES.length} were tried by each role`,
    ),
  ]
}

const tablesOf = (platform) =>
  asOwner(platform, async (client) => {
    const { rows } = await client.query(
      `select table_schema || '.' || quote_ident(table_name) as name from information_schema.columns
        where column_name = 'tenant_id' and table_schema not in ('pg_catalog', 'information_schema') order by 1`,
    )
    return rows.map(({ name }) => name)
  })

/** Rows of the other tenant, 0 where the role may not even ask. */
const foreignRows = (url, { table, tenant, theirs }) =>
  asRole(url, async (client) => {
    try {
      if (tenant !== null) await client.query("select set_config('app.tenant_id', $1, false)", [tenant])
      const { rows } = await client.query(
        `select count(*)::int as found from ${table} where tenant_id = $1`,
        [theirs],
      )
      return rows[0].found
    } catch {
      return 0
    }
  })

const hasChanged = (url, { change, tenant, theirs }) =>
  asRole(url, async (client) => {
    await client.query('begin')
    try {
      await client.query("select set_config('app.tenant_id', $1, true)", [tenant])
      const { rowCount } = await client.query(change, [theirs])
      return rowCount > 0
    } catch {
      return false
    } finally {
      await client.query('rollback')
    }
  })
