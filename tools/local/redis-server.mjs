// A private Redis: loopback, a free port, a password of this run, its data beside ours, gone when we are.
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { serverIdentity } from './identity.mjs'
import { freePort } from './ports.mjs'
import { stopLeftover } from './process-table.mjs'
import { isEnough, redisVersionAt } from './redis-version.mjs'
import { spawnWatched } from './watchdog.mjs'

/**
 * @param {string} program
 * @param {string} [libraryPath] where its libraries lie when the system does not have them
 * @returns {{ program: string, libraryPath: string | undefined, version: string } | null} null when it does not run here or is too old
 */
export function redisServer(program, libraryPath) {
  const { stdout } = spawnSync(program, ['--version'], {
    ...serverIdentity(),
    env: environment(libraryPath),
    cwd: '/',
    encoding: 'utf8',
    timeout: 10_000,
  })
  const version = /v=([\d.]+)/.exec(stdout ?? '')?.[1]
  return version !== undefined && isEnough(version) ? { program, libraryPath, version } : null
}

/**
 * @param {{ program: string, libraryPath?: string, version: string, how: string, stateDir: string, say: (text: string) => void }} options
 * @returns {Promise<{ url: string, how: string, version: string, stop: () => Promise<void>, died: Promise<string>, again: () => Promise<{ stop: () => Promise<void> }> }>}
 *   `again` starts it on the same port, password and data once it has ended
 */
export async function startRedis({ program, libraryPath, version, how, stateDir, say }) {
  const dataDir = join(stateDir, 'redis')
  const configFile = join(dataDir, 'redis.conf')
  if (await stopLeftover({ pid: leftoverPid(dataDir), mark: configFile, signal: 'SIGTERM' })) {
    say('a Redis that an earlier start left behind was stopped')
  }
  for (let attempt = 0; attempt < 5; attempt++) {
    const { port, password } = writeConfig(dataDir, configFile, await freePort(0))
    const settings = { identity: serverIdentity(), env: environment(libraryPath) }
    const launch = () => spawnWatched(program, [configFile], settings)
    const server = launch()
    const url = `redis://:${password}@127.0.0.1:${port}`
    if (await isAnswering(server, url)) {
      const died = server.exited.then(server.tail)
      return { url, how, version, stop: server.stop, died, again: () => startedAgain(launch, url) }
    }
    await server.stop()
    if (!/Address already in use|bind/.test(server.tail())) setAside(dataDir, server.tail(), say)
  }
  throw new Error('the private Redis did not start in five attempts')
}

async function startedAgain(launch, url) {
  const server = launch()
  if (await isAnswering(server, url)) return { stop: server.stop }
  await server.stop()
  throw new Error(`the private Redis did not start again: ${server.tail()}`)
}

function environment(libraryPath) {
  const env = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' }
  return libraryPath === undefined ? env : { ...env, LD_LIBRARY_PATH: libraryPath }
}

function writeConfig(dataDir, configFile, port) {
  const password = randomBytes(24).toString('base64url')
  const lines = [
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${password}`,
    `dir "${dataDir}"`,
    `pidfile "${join(dataDir, 'redis.pid')}"`,
    'appendonly yes',
    'appendfsync everysec',
    'save ""',
    'maxmemory 256mb',
    'maxmemory-policy noeviction',
    // The command line stays as it was started: a leftover is known by it.
    'set-proc-title no',
  ]
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  writeFileSync(configFile, `${lines.join('\n')}\n`, { mode: 0o600 })
  const identity = serverIdentity()
  if (identity) for (const path of [dataDir, configFile]) chownSync(path, identity.uid, identity.gid)
  return { port, password }
}

function leftoverPid(dataDir) {
  const file = join(dataDir, 'redis.pid')
  return existsSync(file) ? Number(readFileSync(file, 'utf8').trim()) : Number.NaN
}

async function isAnswering(server, url) {
  for (let waited = 0; waited < 30_000; waited += 50) {
    const isUp = await redisVersionAt(url).then(
      () => true,
      () => false,
    )
    if (isUp) return true
    if (await Promise.race([server.exited.then(() => true), sleep(50, false)])) return false
  }
  return false
}

// Everything in this Redis can be built again from Postgres and the gateways' spools, so data that it cannot read (written by a newer
// version, say) must not stop the start.
function setAside(dataDir, words, say) {
  const old = `${dataDir}-unreadable`
  rmSync(old, { recursive: true, force: true })
  renameSync(dataDir, old)
  say(
    `the private Redis could not start on its data (${words.split('\n').at(-1)}); it begins empty, the old data is in ${old}`,
  )
}
