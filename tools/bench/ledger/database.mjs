// A ledger of its own for a benchmark: a Postgres with fsync on, one tenant, and what its processes have used of the processor.
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { formatId } from '@writ/contracts'
import { migrate, openDatabase } from '@writ/postgres'
import { startPostgres } from '../../local/postgres.mjs'
import { stateDirectory } from '../../state.mjs'

export const id = (prefix) => formatId(prefix, Date.now(), randomBytes(10))
const PASSWORDS = { appPassword: 'bench-app', workerPassword: 'bench-worker' }
/** clock ticks a second in /proc: 100 on every Linux that Node runs on */
const TICK_MICROS = 10_000

/** @returns `{ ownerUrl, workerUrl, database, tenant, stateDir, cpuMicros }`; `database` is one of the role writ_app */
export async function openLedger(running) {
  const stateDir = join(stateDirectory(), `bench-ledger-${process.pid}`)
  mkdirSync(stateDir, { recursive: true, mode: 0o711 })
  running.add('bench state', () => rmSync(stateDir, { recursive: true, force: true }))
  // What a server has that is given some memory: the defaults are those of a machine of a quarter of a GiB.
  const settings = { shared_buffers: '1GB', max_wal_size: '4GB' }
  const postgres = await startPostgres({ stateDir, password: 'bench', port: 0, settings })
  running.add('postgres', postgres.stop)
  await migrate({ ownerUrl: postgres.url, ...PASSWORDS })
  const tenant = id('ten')
  await asOwner(postgres.url, (owner) => insertTenant(owner, tenant))
  const database = await openDatabase(asRole(postgres.url, 'writ_app', PASSWORDS.appPassword), {
    poolSize: 4,
    applicationName: 'writ bench',
  })
  running.add('database', database.close)
  const postmaster = Number(readFileSync(join(stateDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0])
  return {
    stateDir,
    tenant,
    database,
    ownerUrl: postgres.url,
    workerUrl: asRole(postgres.url, 'writ_worker', PASSWORDS.workerPassword),
    cpuMicros: () => cpuMicrosOfTree(postmaster),
  }
}

function asRole(ownerUrl, role, password) {
  const url = new URL(ownerUrl)
  url.username = role
  url.password = password
  return url.href
}

export async function asOwner(ownerUrl, work) {
  const owner = new Client({ connectionString: ownerUrl })
  await owner.connect()
  try {
    return await work(owner)
  } finally {
    await owner.end()
  }
}

async function insertTenant(owner, tenant) {
  const group = id('grp')
  await owner.query('begin')
  await owner.query("select set_config('app.tenant_id', $1, true)", [tenant])
  await owner.query('insert into writ.tenants (id, slug, name, default_group_id) values ($1, $2, $2, $3)', [
    tenant,
    'bench',
    group,
  ])
  await owner.query(
    'insert into writ.access_groups (tenant_id, id, name, is_default) values ($1, $2, $3, true)',
    [tenant, group, 'default'],
  )
  await owner.query('insert into writ.tenant_logs (tenant_id, size) values ($1, 0)', [tenant])
  await owner.query('commit')
}

/** @param publicKey as `rawPublicKey` of @writ/audit gives it */
export const insertNode = (ownerUrl, node, publicKey) =>
  asOwner(ownerUrl, (owner) =>
    owner.query(
      `insert into writ.nodes (id, name, public_key, lease_key, origin, build) values ($1, 'bench', $2, '{}', 'http://bench', 'bench')`,
      [node, publicKey],
    ),
  )

/** Bytes of everything that the ledger keeps for its records: tables, indexes, and what hangs on them. */
export const storedBytes = (ownerUrl) =>
  asOwner(ownerUrl, async (owner) => {
    await owner.query('checkpoint')
    const { rows } = await owner.query(`
      select coalesce(sum(pg_total_relation_size(c.oid)), 0)::float8 as bytes from pg_class c
        join pg_namespace n on n.oid = c.relnamespace
       where c.relkind = 'r' and (n.nspname = 'ledger' or n.nspname = 'writ'
         and c.relname in ('records', 'record_blocks', 'streams', 'stream_batches', 'tenant_logs', 'log_tiles'))`)
    return rows[0].bytes
  })

/** CPU microseconds of a process, of its children, and of those children that have ended; null where the system does not tell. */
function cpuMicrosOfTree(pid) {
  try {
    const children = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(timesOf)
      .filter((times) => times?.parent === pid)
    const own = timesOf(pid)
    return children.reduce((sum, { self }) => sum + self, own.self + own.ended) * TICK_MICROS
  } catch {
    return null
  }
}

function timesOf(pid) {
  try {
    // The name of the program is in brackets and may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ')
    const [user, system, endedUser, endedSystem] = fields.slice(11, 15).map(Number)
    return { parent: Number(fields[1]), self: user + system, ended: endedUser + endedSystem }
  } catch {
    return null
  }
}
