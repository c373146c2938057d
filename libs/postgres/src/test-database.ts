import { createHash, randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { migrate } from './migrate.ts'
import type { MigrateSettings } from './migrate.ts'

export type TestDatabase = {
  readonly ownerUrl: string
  readonly appUrl: string
  readonly workerUrl: string
  /** Asks as the owner, past row security. */
  readonly query: <Row extends object>(sql: string, values?: unknown[]) => Promise<Row[]>
  /** Ends every connection to it and removes it. */
  readonly drop: () => Promise<void>
}

/**
 * A migrated database of its own for one spec, on the server that WRIT_TEST_DATABASE_URL names (a superuser's or CREATEROLE
 * owner's URL).
 * @throws when the variable is missing: a spec that needs Postgres fails without it and is never skipped
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const serverUrl = testServerUrl()
  const name = `writ_test_${randomBytes(8).toString('hex')}`
  // Roles belong to the whole server: specs that run at once must agree on the passwords.
  const passwords = {
    appPassword: passwordOf('app', serverUrl),
    workerPassword: passwordOf('worker', serverUrl),
  }
  await prepareTemplate(serverUrl, passwords)
  await onServer(serverUrl, `create database ${name} template ${TEMPLATE}`)
  const ownerUrl = urlFor(serverUrl, { name })
  return {
    ownerUrl,
    appUrl: urlFor(serverUrl, { name, user: 'writ_app', password: passwords.appPassword }),
    workerUrl: urlFor(serverUrl, { name, user: 'writ_worker', password: passwords.workerPassword }),
    query: (sql, values) => onServer(ownerUrl, sql, values),
    drop: async () => void (await onServer(serverUrl, `drop database if exists ${name} with (force)`)),
  }
}

const TEMPLATE = 'writ_test_template'

/** Migrated once on a server, by whichever spec comes first; the others wait, and then copy it. */
async function prepareTemplate(
  serverUrl: string,
  passwords: Omit<MigrateSettings, 'ownerUrl'>,
): Promise<void> {
  const client = new Client({ connectionString: serverUrl })
  await client.connect()
  try {
    await client.query(`select pg_advisory_lock(hashtext('${TEMPLATE}'))`)
    const { rowCount } = await client.query('select from pg_database where datname = $1', [TEMPLATE])
    if (rowCount !== 0) return
    const draft = `${TEMPLATE}_draft`
    await client.query(`drop database if exists ${draft} with (force)`)
    await client.query(`create database ${draft}`)
    await migrate({ ownerUrl: urlFor(serverUrl, { name: draft }), ...passwords })
    await client.query(`alter database ${draft} rename to ${TEMPLATE}`)
  } finally {
    await client.end()
  }
}

function testServerUrl(): string {
  // oxlint-disable-next-line node/no-process-env -- only specs load this file
  const url = process.env['WRIT_TEST_DATABASE_URL']
  if (!url)
    throw new Error(
      'WRIT_TEST_DATABASE_URL is not set: run the specs through `npm test`, which starts a real Postgres for them',
    )
  return url
}

async function onServer<Row extends object>(
  url: string,
  statement: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(statement, values)).rows
  } finally {
    await client.end()
  }
}

function urlFor(serverUrl: string, to: { name: string; user?: string; password?: string }): string {
  const url = new URL(serverUrl)
  url.pathname = `/${to.name}`
  if (to.user !== undefined) url.username = to.user
  if (to.password !== undefined) url.password = to.password
  return url.href
}

const passwordOf = (role: string, serverUrl: string): string =>
  createHash('sha256').update(`${role}\n${serverUrl}`).digest('base64url')
