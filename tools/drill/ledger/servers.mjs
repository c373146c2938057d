// Postgres and Redis of a drill alone: they can be killed, stopped, paused and started again with the same data at the same address.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startPostgres } from '../../local/postgres.mjs'
import { provideRedis } from '../../local/redis.mjs'
import { stateDirectory } from '../../state.mjs'

const PASSWORD = 'drill'

/** @returns `{ url, down, up }` */
export async function openPostgres({ dir, running }) {
  let server = await startPostgres({ stateDir: dir, password: PASSWORD, port: 0 })
  const { url, port } = server
  const down = async () => {
    await server?.stop()
    server = null
  }
  running.add('postgres of the drill', down)
  const up = async () => {
    server = await startPostgres({ stateDir: dir, password: PASSWORD, port })
    if (server.port !== port) throw new Error('the port of the drill’s Postgres was taken meanwhile')
  }
  return { url, port, down, up }
}

/**
 * Never a server that was there before.
 * @returns `{ url, kill, up, command }`; `kill` is a SIGKILL
 * @throws where none can be had
 */
export async function openRedis({ dir, running, say }) {
  const copy = process.env.WRIT_REDIS_DIR || join(stateDirectory(), 'redis-bin')
  const env = { ...process.env, REDIS_URL: '', WRIT_REDIS: '', WRIT_REDIS_DIR: copy }
  const found = await provideRedis({ stateDir: dir, env, say })
  if (found === null) throw new Error('this drill needs a Redis: install redis-server')
  let server = found
  running.add('redis of the drill', () => server?.stop())
  const { Redis } = await import('ioredis')
  const command = async (...words) => {
    const client = new Redis(found.url, { lazyConnect: true, retryStrategy: () => null })
    client.on('error', () => {})
    try {
      await client.connect()
      return await client.call(...words)
    } finally {
      client.disconnect()
    }
  }
  const kill = async () => {
    process.kill(Number(readFileSync(join(dir, 'redis', 'redis.pid'), 'utf8')), 'SIGKILL')
    await server.stop()
    server = null
  }
  const up = async () => {
    server = await found.again()
  }
  return { url: found.url, kill, up, command }
}
