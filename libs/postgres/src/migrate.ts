import 'reflect-metadata'
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { Client, DatabaseError } from 'pg'
import { DataSource } from 'typeorm'
import { MIGRATIONS } from './migrations/list.ts'

export type MigrateSettings = {
  /** a superuser, or the owner of the database with CREATEROLE; Postgres 15 or newer */
  readonly ownerUrl: string
  /** passwords that writ_app and writ_worker get, printable ASCII */
  readonly appPassword: string
  readonly workerPassword: string
}

/**
 * Brings a database to the newest form: roles, schemas, tables, functions. Doing it again changes nothing but
 * the two passwords. Processes that migrate the same database at once take turns.
 * @throws when the login may not do it, or when the server is older than Postgres 15
 */
export async function migrate(settings: MigrateSettings): Promise<void> {
  const owner = new Client({ connectionString: settings.ownerUrl, application_name: 'writ migrate' })
  await owner.connect()
  try {
    await owner.query(`select pg_advisory_lock(hashtext('writ.migrate'))`)
    await requireVersion(owner)
    await prepareRoles(owner, settings)
    await prepareSchemas(owner)
    await migrateTables(settings.ownerUrl)
  } finally {
    await owner.end()
  }
}

async function requireVersion(owner: Client): Promise<void> {
  const { rows } = await owner.query<{ num: number; text: string }>(
    `select current_setting('server_version_num')::int as num, current_setting('server_version') as text`,
  )
  const [version] = rows
  if (version === undefined || version.num < 150_000)
    throw new Error(`Postgres 15 or newer is needed, and this server is ${version?.text}`)
}

async function prepareRoles(owner: Client, { appPassword, workerPassword }: MigrateSettings): Promise<void> {
  await ensureRole(owner, 'writ_owner', 'nologin')
  await ensureRole(owner, 'writ_app', loginWith(appPassword))
  await ensureRole(owner, 'writ_worker', loginWith(workerPassword))
  await becomeOwner(owner)
}

// From Postgres 16 on, whoever creates a role administers it and yet may not act as it; a superuser may anyhow.
async function becomeOwner(owner: Client): Promise<void> {
  await owner.query(`do $$ begin
    if not (select rolsuper from pg_roles where rolname = current_user) then
      execute format('grant writ_owner to %I', current_user);
    end if;
  end $$`)
}

// Roles belong to the whole server, the lock to one database: two databases that are migrated at once meet here.
async function ensureRole(owner: Client, role: string, login: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { rowCount } = await owner.query('select from pg_roles where rolname = $1', [role])
      if (rowCount === 0) await owner.query(`create role ${role} nosuperuser nobypassrls`)
      await owner.query(`alter role ${role} ${login}`)
      return
    } catch (error) {
      if (!metAnother(error) || attempt === ROLE_ATTEMPTS) throw error
      await pause(attempt * 20)
    }
  }
}

const ROLE_ATTEMPTS = 20

// "tuple concurrently updated", duplicate object, unique violation
const metAnother = (error: unknown): boolean =>
  error instanceof DatabaseError && ['XX000', '42710', '23505'].includes(error.code ?? '')

/** The verifier and not the password goes to the server (RFC 5803), because statements may be logged there. */
function loginWith(password: string): string {
  if (!/^[\x20-\x7e]{8,}$/.test(password))
    throw new Error('a database password needs at least 8 printable ASCII characters')
  const salt = randomBytes(16)
  const salted = pbkdf2Sync(password, salt, SCRAM_ROUNDS, 32, 'sha256')
  const keyOf = (name: string) => createHmac('sha256', salted).update(name).digest()
  const stored = createHash('sha256').update(keyOf('Client Key')).digest('base64')
  const verifier = `SCRAM-SHA-256$${SCRAM_ROUNDS}:${salt.toString('base64')}$${stored}:${keyOf('Server Key').toString('base64')}`
  return `login password '${verifier}'`
}

const SCRAM_ROUNDS = 4096

async function prepareSchemas(owner: Client): Promise<void> {
  for (const schema of ['writ', 'app', 'ledger'])
    await owner.query(`create schema if not exists ${schema} authorization writ_owner`)
}

async function migrateTables(ownerUrl: string): Promise<void> {
  const source = new DataSource({
    type: 'postgres',
    url: ownerUrl,
    schema: 'writ',
    applicationName: 'writ migrate',
    poolSize: 1,
    // Everything that is made belongs to writ_owner, whoever logged in.
    extra: { options: '-c role=writ_owner' },
    migrations: MIGRATIONS,
    migrationsTableName: 'migrations',
    migrationsTransactionMode: 'all',
    installExtensions: false,
    logging: false,
  })
  await source.initialize()
  try {
    await source.runMigrations()
  } finally {
    await source.destroy()
  }
}
