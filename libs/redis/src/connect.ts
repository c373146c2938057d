import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'

/**
 * `command`: a command that cannot be sent now fails now. `blocking`: commands wait for the connection to come back, for
 * readers and workers that have nothing better to do.
 */
export type RedisPurpose = 'command' | 'blocking'

export type RedisOptions = {
  readonly purpose?: RedisPurpose
  /** told about every connection error; the connection itself goes on trying */
  readonly onError?: (error: Error) => void
}

/** One connection to Redis that reconnects for as long as it is not closed. */
export type RedisLink = {
  readonly client: Redis
  readonly isReady: () => boolean
  /** Settles when commands can be sent. @throws RedisUnavailable after `timeoutMs` */
  readonly whenReady: (timeoutMs: number) => Promise<void>
  /** Another connection to the same server. */
  readonly another: (purpose: RedisPurpose) => RedisLink
  readonly close: () => Promise<void>
}

/** Redis did not answer in time; never says where it is, since the address may hold a password. */
export class RedisUnavailable extends Error {
  override readonly name = 'RedisUnavailable'
}

/** How long one command may take before it counts as failed. */
const COMMAND_TIMEOUT_MS = 1_000
/** Longer than any blocking command waits (BullMQ: up to 10 s). */
const BLOCKING_TIMEOUT_MS = 15_000
const CLOSE_TIMEOUT_MS = 1_000

/** Connects to `redis://` or `rediss://`. Returns at once; whether the server is there shows in `isReady`. */
export function connectRedis(url: string, options: RedisOptions = {}): RedisLink {
  const { purpose = 'command', onError = () => undefined } = options
  const client = new Redis(url, { ...SHARED_SETTINGS, ...SETTINGS[purpose] })
  client.on('error', onError)
  return {
    client,
    isReady: () => client.status === 'ready',
    whenReady: (timeoutMs) => whenReady(client, timeoutMs),
    another: (other) => connectRedis(url, { purpose: other, onError }),
    close: () => close(client),
  }
}

const SHARED_SETTINGS = {
  protocol: 2,
  connectTimeout: 2_000,
  keepAlive: 10_000,
  retryStrategy: (times: number) => Math.min(2_000, 50 * 2 ** Math.min(times, 6)),
  // After a failover the connection may be to what is a replica now, and would stay there for ever.
  reconnectOnError: ({ message }: Error) => message.startsWith('READONLY'),
} as const

/** `socketTimeout` ends a connection that is open and dead: without it the client would wait for the kernel to notice. */
const SETTINGS = {
  command: {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    commandTimeout: COMMAND_TIMEOUT_MS,
    socketTimeout: 2 * COMMAND_TIMEOUT_MS,
  },
  blocking: {
    enableOfflineQueue: true,
    maxRetriesPerRequest: null,
    commandTimeout: BLOCKING_TIMEOUT_MS,
  },
} as const

async function whenReady(client: Redis, timeoutMs: number): Promise<void> {
  if (client.status === 'ready') return
  await new Promise<void>((resolve, reject) => {
    const onReady = (): void => {
      clearTimeout(timer)
      resolve()
    }
    const timer = setTimeout(() => {
      client.off('ready', onReady)
      reject(new RedisUnavailable(`Redis was not ready within ${timeoutMs} ms`))
    }, timeoutMs)
    client.once('ready', onReady)
  })
}

async function close(client: Redis): Promise<void> {
  if (client.status === 'ready') {
    const ended = new Promise((resolve) => {
      client.once('end', resolve)
    })
    client.quit().catch(() => undefined)
    await Promise.race([ended, delay(CLOSE_TIMEOUT_MS, undefined, { ref: false })])
  }
  if (client.status !== 'end') client.disconnect()
}
