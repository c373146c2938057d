export const LEAST_VERSION = '6.2'

/** @param {string} version such as `7.0.15` */
export function isEnough(version) {
  const [major, minor] = version.split('.').map(Number)
  return major > 6 || (major === 6 && minor >= 2)
}

/**
 * Asks a server for its version.
 * @throws with the host and the cause, never with the password
 */
export async function redisVersionAt(url) {
  if (!/^rediss?:$/.test(protocolOf(url))) throw new Error('it must be a redis:// or rediss:// URL')
  const { Redis } = await import('ioredis')
  const client = new Redis(url, { lazyConnect: true, connectTimeout: 3_000, retryStrategy: () => null })
  let cause
  client.on('error', (error) => {
    cause ??= error
  })
  try {
    await client.connect()
    const answer = await client.info('server')
    return /(?:valkey|redis)_version:([\d.]+)/.exec(answer)?.[1] ?? '0'
  } catch (error) {
    const { hostname, port } = new URL(url)
    throw new Error(`Redis at ${hostname}:${port || 6379} does not answer: ${(cause ?? error).message}`, {
      cause: error,
    })
  } finally {
    client.disconnect()
  }
}

// Not by `URL.canParse`: once it is optimised, Node 20 refuses hosts with letters of Latin-1 in it.
const protocolOf = (url) => {
  try {
    return new URL(url).protocol
  } catch {
    return ''
  }
}
