import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from '@jest/globals'
import { Redis } from 'ioredis'
import { Client } from 'pg'
import { startPlatform } from '../tools/local/platform.mjs'
import { openState, stateDirectory } from '../tools/state.mjs'

const folders: string[] = []
function newState(): string {
  const folder = join(stateDirectory(), `e2e-local-${process.pid}-${randomBytes(4).toString('hex')}`)
  mkdirSync(folder, { recursive: true, mode: 0o711 })
  folders.push(folder)
  return folder
}
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

type Servers = { readonly postgres: string; readonly redis: string; readonly said: readonly string[] }
type Starter = { readonly servers: Promise<Servers>; kill(): Promise<void>; stop(): Promise<void> }

const PROGRAM = `
  import { startPostgres } from './tools/local/postgres.mjs'
  import { provideRedis } from './tools/local/redis.mjs'
  const said = []
  const say = (text) => said.push(text)
  const [stateDir, port] = [process.env.STATE, Number(process.env.PORT)]
  const postgres = await startPostgres({ stateDir, password: 'test', port, say })
  const redis = await provideRedis({ stateDir, say })
  console.log(JSON.stringify({ postgres: postgres.url, redis: redis?.url, said }))
  process.once('SIGTERM', async () => {
    await redis?.stop()
    await postgres.stop()
    process.exit(0)
  })
  setInterval(() => {}, 1000)
`

/** Both servers, started by a process of their own that a test can kill. */
function start(stateDir: string, port = 0): Starter {
  const env = { ...process.env, NODE_OPTIONS: '', STATE: stateDir, PORT: String(port) }
  const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  let words = ''
  child.stderr.on('data', (chunk: Buffer) => (words += chunk.toString()))
  const servers = new Promise<Servers>((resolve, reject) => {
    child.stdout.once('data', (line: Buffer) => resolve(JSON.parse(line.toString())))
    void ended.then(() => reject(new Error(words)))
  })
  // A start that a test kills on purpose never gives servers.
  servers.catch(() => {})
  const end = (signal: NodeJS.Signals) => async () => {
    child.kill(signal)
    await ended
  }
  return { servers, kill: end('SIGKILL'), stop: end('SIGTERM') }
}

async function query(url: string, sql: string): Promise<readonly unknown[]> {
  const client = new Client(url)
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

async function redisCall(url: string, call: (redis: Redis) => Promise<unknown>): Promise<unknown> {
  const redis = new Redis(url)
  try {
    return await call(redis)
  } finally {
    redis.disconnect()
  }
}

/** Processes whose command line names this state directory. */
function processesOf(stateDir: string): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.map(commandLine).filter((line) => line.includes(stateDir))
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}

const onLinux = existsSync('/proc/self/cmdline') ? it : it.skip

function withWrongPassword(url: string): string {
  return Object.assign(new URL(url), { password: 'wrong' }).href
}

describe('the embedded servers', () => {
  onLinux(
    'leave no process behind when their starter is killed, and keep what was written',
    async () => {
      const stateDir = newState()
      const first = start(stateDir)
      const before = await first.servers
      await query(before.postgres, 'create table kept as select 42 as answer')
      await redisCall(before.redis, (redis) => redis.call('SET', 'kept', '42'))
      await sleep(1_500) // Redis writes its log to disk every second
      await first.kill()
      for (let waited = 0; processesOf(stateDir).length > 0 && waited < 5_000; waited += 100) await sleep(100)
      expect(processesOf(stateDir)).toEqual([])

      const second = start(stateDir)
      const after = await second.servers
      expect(await query(after.postgres, 'select answer from kept')).toEqual([{ answer: 42 }])
      expect(await redisCall(after.redis, (redis) => redis.call('GET', 'kept'))).toBe('42')
      await second.stop()
      expect(processesOf(stateDir)).toEqual([])
    },
    60_000,
  )

  it('begin again after a kill at any moment of the first start', async () => {
    const stateDir = newState()
    for (const afterMs of [150, 350, 600, 900]) {
      const killed = start(stateDir)
      await sleep(afterMs)
      await killed.kill()
    }
    const whole = start(stateDir)
    expect(await query((await whole.servers).postgres, 'select 1 as one')).toEqual([{ one: 1 }])
    await whole.stop()
    expect(readdirSync(stateDir).filter((name) => name.includes('unfinished'))).toEqual([])
  }, 60_000)

  onLinux(
    'wait for a server that was killed and not collected yet',
    async () => {
      const stateDir = newState()
      const first = start(stateDir)
      await first.servers
      await first.stop()
      // A process that has ended stays in the table until its parent asks for it: this parent never does, and ends later.
      const parent = spawn('/bin/sh', ['-c', 'true & echo $!; exec sleep 2'], {
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      const dead = await new Promise<string>((resolve) =>
        parent.stdout.once('data', (line: Buffer) => resolve(String(line).trim())),
      )
      const dataDir = join(stateDir, 'postgres')
      const lockFile = join(dataDir, 'postmaster.pid')
      while (existsSync(lockFile)) await sleep(20)
      const { uid, gid } = statSync(dataDir)
      writeFileSync(lockFile, `${dead}\n`, { mode: 0o600 })
      chownSync(lockFile, uid, gid)
      const again = start(stateDir)
      const { postgres } = await again.servers
      expect(await query(postgres, 'select 1 as one')).toEqual([{ one: 1 }])
      await again.stop()
    },
    60_000,
  )

  it('take another port when the preferred one is in use, and say so', async () => {
    const taken = createServer()
    const port = await new Promise<number>((resolve) => {
      taken.listen({ host: '127.0.0.1', port: 0 }, () => {
        const address = taken.address()
        resolve(address !== null && typeof address === 'object' ? address.port : 0)
      })
    })
    const started = start(newState(), port)
    const { postgres, said } = await started.servers
    expect(new URL(postgres).port).not.toBe(String(port))
    expect(said).toContain(`port ${port} is in use, Postgres takes ${new URL(postgres).port}`)
    await started.stop()
    taken.close()
  }, 60_000)

  it('answer nobody without the password', async () => {
    const started = start(newState())
    const { postgres, redis } = await started.servers
    await expect(query(withWrongPassword(postgres), 'select 1')).rejects.toThrow(
      /password authentication failed/,
    )
    const stranger = new Redis(withWrongPassword(redis), { lazyConnect: true, retryStrategy: () => null })
    stranger.on('error', () => {})
    await expect(stranger.connect().then(() => stranger.call('GET', 'kept'))).rejects.toThrow()
    stranger.disconnect()
    await started.stop()
  }, 60_000)
})

describe('a start of the platform', () => {
  const quiet = { DATABASE_URL: '', REDIS_URL: '', WRIT_REDIS: '' }

  it('is refused while another runs on the same state, by name of its process', async () => {
    const stateDir = newState()
    const state = openState(stateDir)
    await expect(startPlatform({ stateDir })).rejects.toThrow(`process ${process.pid}`)
    state.release()
  })

  it('keeps its secrets from one start to the next, readable by nobody else', () => {
    const stateDir = newState()
    const first = openState(stateDir)
    first.release()
    const second = openState(stateDir)
    second.release()
    expect(second.secrets).toEqual(first.secrets)
    expect(new Set(Object.values(first.secrets)).size).toBe(6)
    expect(statSync(join(stateDir, 'secrets.json')).mode & 0o777).toBe(0o600)
  })

  it.each([
    ['REDIS_URL', 'redis://:hunter2@127.0.0.1:1'],
    ['DATABASE_URL', 'postgres://writ:hunter2@127.0.0.1:1/writ'],
  ])(
    'stops when %s does not answer, without showing its password',
    async (name, url) => {
      const env = { PATH: process.env['PATH'], ...quiet, [name]: url }
      const failure: unknown = await startPlatform({
        stateDir: newState(),
        env,
        ports: { postgres: 0 },
      }).catch((error: unknown) => error)
      expect(String(failure)).toMatch(new RegExp(`${name} cannot be used`))
      expect(String(failure)).not.toContain('hunter2')
    },
    60_000,
  )

  it('says that several gateways need Redis', async () => {
    const options = { stateDir: newState(), redis: 'off', gateways: 2, ports: { postgres: 0 } } as const
    await expect(startPlatform({ ...options, env: { ...process.env, ...quiet } })).rejects.toThrow(
      '2 gateways need Redis',
    )
  }, 60_000)
})
