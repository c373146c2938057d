// Which Redis serves this start? REDIS_URL, a server on PATH, a private copy of the distribution's package, or none.
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { unpackedRedis } from './redis-debian.mjs'
import { redisServer, startRedis } from './redis-server.mjs'
import { isEnough, LEAST_VERSION, redisVersionAt } from './redis-version.mjs'

/**
 * @param {{ stateDir: string, env?: NodeJS.ProcessEnv, say?: (text: string) => void }} options
 *   env.WRIT_REDIS=off wants none; env.REDIS_URL names a server of yours; env.WRIT_REDIS_DIR is where an unpacked copy is kept
 * @returns {Promise<{ url: string, how: string, version: string, stop: () => Promise<void>, died?: Promise<string> } | null>} null is single-node mode
 * @throws when REDIS_URL does not answer or is too old: a server that was asked for is never replaced silently
 */
export async function provideRedis({ stateDir, env = process.env, say = () => {} }) {
  if (env.WRIT_REDIS === 'off') return null
  if (env.REDIS_URL) return await serverAt(env.REDIS_URL)
  const found = onPath(['redis-server', 'valkey-server'], env) ?? (await unpacked({ stateDir, env, say }))
  return found === null ? null : await startRedis({ ...found, stateDir, say })
}

async function serverAt(url) {
  const version = await redisVersionAt(url).catch((error) => {
    throw new Error(`REDIS_URL cannot be used: ${error.message}`, { cause: error })
  })
  if (!isEnough(version))
    throw new Error(`REDIS_URL: Redis ${version} is too old, ${LEAST_VERSION} or newer is needed`)
  return { url, how: 'REDIS_URL', version, stop: async () => {} }
}

function onPath(names, env) {
  for (const directory of (env.PATH ?? '').split(delimiter).filter(Boolean)) {
    for (const name of names) {
      const server = isExecutable(join(directory, name)) ? redisServer(join(directory, name)) : null
      if (server !== null) return { ...server, how: join(directory, name) }
    }
  }
  return undefined
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

async function unpacked({ stateDir, env, say }) {
  try {
    return await unpackedRedis({ copyDir: env.WRIT_REDIS_DIR || join(stateDir, 'redis-bin'), say })
  } catch (error) {
    say(`no Redis could be had: ${error.message}`)
    return null
  }
}
