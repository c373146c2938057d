import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Server, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { PostgresConnection } from 'bullmq'
import { prepareQueueStore } from './record-store.ts'

/** A numbered database of the Redis that WRIT_TEST_REDIS_URL names. Each spec file takes one of its own. */
export function testRedisUrl(database: number): string {
  const url = new URL(variable('WRIT_TEST_REDIS_URL'))
  url.pathname = `/${database}`
  return url.href
}

export type TestQueueDatabase = {
  /** the queue's schema seen with the rights of one role */
  readonly urlAs: (role: 'writ_app' | 'writ_worker') => string
  readonly ownerUrl: string
  readonly drop: () => Promise<void>
}

/** A database of its own with the queue's schema in it, on the server that WRIT_TEST_DATABASE_URL names. */
export async function createTestQueueDatabase(): Promise<TestQueueDatabase> {
  const serverUrl = variable('WRIT_TEST_DATABASE_URL')
  const name = `writ_queue_${randomBytes(8).toString('hex')}`
  await onServer(serverUrl, `CREATE DATABASE ${name}`)
  for (const role of ['writ_app', 'writ_worker']) await onServer(serverUrl, createRole(role))
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  await prepareQueueStore(url.href)
  return {
    ownerUrl: url.href,
    urlAs: (role) => `${url.href}?options=${encodeURIComponent(`-c role=${role} -c search_path=bullmq`)}`,
    drop: () => onServer(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  }
}

/** Roles belong to the whole server, and other specs may create them at the same moment. */
const createRole = (role: string): string =>
  `DO $$ BEGIN CREATE ROLE ${role}; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`

async function onServer(serverUrl: string, statement: string): Promise<void> {
  const connection = new PostgresConnection(serverUrl)
  try {
    await connection.pool.query(statement)
  } finally {
    await connection.close()
  }
}

/** A network between a client and a server that can fail. */
export type Gate = {
  /** the server's URL, by way of the gate */
  readonly url: string
  /** drops every connection and refuses new ones */
  readonly cut: () => Promise<void>
  /** keeps the present connections open and lets nothing through them, in either direction; new ones are not affected */
  readonly freeze: () => void
  /** takes connections again after a cut */
  readonly restore: () => Promise<void>
  readonly close: () => Promise<void>
}

export async function openGate(serverUrl: string): Promise<Gate> {
  const target = new URL(serverUrl)
  const sockets = new Set<Socket>()
  const frozen = new WeakSet<Socket>()
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.on('data', (bytes) => frozen.has(from) || to.write(bytes))
      from.on('error', () => to.destroy())
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
  })
  const port = await listen(server, 0)
  const dropAll = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  const cut = async (): Promise<void> => {
    const closed = once(server, 'close')
    server.close()
    dropAll()
    await closed
  }
  const url = new URL(serverUrl)
  url.port = String(port)
  return {
    url: url.href,
    cut,
    freeze: () => {
      for (const socket of sockets) frozen.add(socket)
    },
    restore: async () => {
      if (!server.listening) await listen(server, port)
    },
    close: async () => {
      if (server.listening) await cut()
    },
  }
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the gate has no port')
  return address.port
}

function variable(name: 'WRIT_TEST_REDIS_URL' | 'WRIT_TEST_DATABASE_URL'): string {
  // oxlint-disable-next-line node/no-process-env -- only specs load this file
  const value = process.env[name]
  if (!value)
    throw new Error(
      `${name} is not set: run the specs through \`npm test\`, which starts real servers for them`,
    )
  return value
}

/** Waits until something holds. @throws after `timeoutMs` */
export async function eventually(holds: () => boolean | Promise<boolean>, timeoutMs = 10_000): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`it did not hold within ${timeoutMs} ms`)
    await new Promise((resolve) => {
      setTimeout(resolve, 20)
    })
  }
}
