// The embedded Postgres: a real server on loopback, for one machine. A Postgres that happens to be on PATH is never used.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { chown } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isRoot, serverIdentity } from './identity.mjs'
import { freePort } from './ports.mjs'
import { postgresBinaries } from './postgres-binaries.mjs'
import { stopLeftover } from './process-table.mjs'
import { runWatched, spawnWatched } from './watchdog.mjs'

/**
 * Starts the server on its data in `stateDir`, created on the first start, and makes sure that the database exists.
 * @param {{ stateDir: string, password: string, port?: number, name?: string, settings?: Record<string, string>, say?: (text: string) => void }} options
 *   `port` is preferred, a free one is taken when it is in use; `settings` are server settings for this run
 * @returns {Promise<{ url: string, port: number, version: string, stop: () => Promise<void>, died: Promise<string> }>}
 *   `url` is the owner's; `died` resolves with the last words when the server ends by itself
 */
export async function startPostgres({
  stateDir,
  password,
  port = 7432,
  name = 'writ',
  settings = {},
  say = () => {},
}) {
  const identity = serverIdentity()
  const binaries = postgresBinaries(stateDir, identity)
  const dataDir = join(stateDir, 'postgres')
  if (!existsSync(dataDir)) await createCluster({ binaries, dataDir, stateDir, identity, password })
  if (await stopLeftover({ pid: leftoverPid(dataDir), mark: `-D ${dataDir} `, signal: 'SIGINT' })) {
    say('a Postgres that an earlier start left behind was stopped')
  }
  const server = await launch({ binaries, dataDir, identity, port, settings, say })
  const address = (database) => `postgres://${OWNER}:${password}@127.0.0.1:${server.port}/${database}`
  try {
    await ensureDatabase(address, name)
  } catch (error) {
    await server.stop()
    throw error
  }
  const version = binaries.version.split('.').slice(0, 2).join('.')
  return { url: address(name), port: server.port, version, stop: server.stop, died: server.died }
}

const OWNER = 'writ'

// Created aside and renamed: a data directory exists only when its creation was finished.
async function createCluster({ binaries, dataDir, stateDir, identity, password }) {
  removeUnfinished(stateDir)
  const unfinished = join(stateDir, `${UNFINISHED}${process.pid}`)
  const passwordFile = join(unfinished, 'password')
  mkdirSync(unfinished, { mode: 0o700 })
  writeFileSync(passwordFile, password, { mode: 0o600 })
  if (identity) for (const path of [unfinished, passwordFile]) await chown(path, identity.uid, identity.gid)
  const cluster = join(unfinished, 'data')
  const args = [
    '-D',
    cluster,
    '-U',
    OWNER,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
  ]
  const locale = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  const { code, output } = await runWatched(binaries.initdb, [...args, ...locale], {
    identity,
    env: ENVIRONMENT,
  })
  if (code !== 0) throw new Error(`Postgres could not create its data directory: ${output}`)
  renameSync(cluster, dataDir)
  rmSync(unfinished, { recursive: true, force: true })
}

const UNFINISHED = 'postgres-unfinished-'

// A start that was killed in the middle leaves one; its initdb ends with it, but may still be writing its last file.
function removeUnfinished(stateDir) {
  for (const name of readdirSync(stateDir).filter((entry) => entry.startsWith(UNFINISHED))) {
    rmSync(join(stateDir, name), { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  }
}

// Nothing of the user's environment reaches the server: PG* variables would change what it does.
const ENVIRONMENT = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' }

function leftoverPid(dataDir) {
  const file = join(dataDir, 'postmaster.pid')
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : Number.NaN
}

async function launch({ binaries, dataDir, identity, port, settings, say }) {
  const givesUpAt = performance.now() + STILL_ENDING_MS
  for (let attempt = 0; attempt < 5;) {
    const chosen = await freePort(attempt === 0 ? port : 0)
    if (port !== 0 && chosen !== port) say(`port ${port} is in use, Postgres takes ${chosen}`)
    const args = ['-D', dataDir, '-p', String(chosen), ...settingArguments(settings)]
    const server = spawnWatched(binaries.postgres, args, { identity, env: ENVIRONMENT, stopSignal: 'INT' })
    if (await isAccepting(server))
      return { port: chosen, stop: server.stop, died: server.exited.then(server.tail) }
    if (STILL_ENDING.test(server.tail()) && performance.now() < givesUpAt) await sleep(250)
    else if (/could not bind/.test(server.tail())) attempt++
    else throw new Error(explain(server.tail()))
  }
  throw new Error('Postgres found no free port in five attempts')
}

// A server that was killed holds its data until the system has collected it and its children. The new one judges that, not we.
const STILL_ENDING = /lock file "postmaster.pid" already exists|pre-existing shared memory block/
const STILL_ENDING_MS = 15_000

function settingArguments(settings) {
  const all = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    ...settings,
  }
  return Object.entries(all).flatMap(([setting, value]) => ['-c', `${setting}=${value}`])
}

async function isAccepting(server) {
  const accepting = new Promise((resolve) => {
    server.onOutput((output) => {
      if (output.includes('ready to accept connections')) resolve(true)
    })
  })
  return await Promise.race([accepting, server.exited.then(() => false)])
}

function explain(words) {
  const cause = words.split('\n').findLast((line) => /FATAL|ERROR/.test(line)) ?? words.split('\n').at(-1)
  const asRoot = isRoot() ? ' (as root it runs as uid 65534, which this machine may not allow)' : ''
  return `Postgres did not start${asRoot}: ${cause}`
}

async function ensureDatabase(address, name) {
  const { default: pg } = await import('pg')
  const client = new pg.Client({ connectionString: address('postgres') })
  await client.connect()
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [name])
    if (found.rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`)
  } finally {
    await client.end()
  }
}
