import type { Processor, QueueOptions, WorkerOptions } from 'bullmq'
import { createPostgresBackend, PostgresConnection, Queue, Worker } from 'bullmq'
import { connectRedis } from './connect.ts'

/** Where the queue of record batches lives: Redis, or Postgres where there is no Redis. */
export type RecordStore =
  | { readonly kind: 'redis'; readonly url: string }
  | { readonly kind: 'postgres'; readonly url: string }

/** What is used of a BullMQ queue, whatever it is stored in. */
export type OpenQueue = {
  readonly add: (name: string, batch: unknown, options: object) => Promise<unknown>
  readonly getJobCountByTypes: (...types: ('waiting' | 'active' | 'delayed')[]) => Promise<number>
  readonly close: () => Promise<void>
}

/** What is used of a BullMQ worker. `run` settles when the worker was closed, and rejects when it cannot go on. */
export type OpenWorker = {
  readonly run: () => Promise<void>
  readonly close: () => Promise<void>
}

/** What a worker does with one job, and whom it tells of failures. */
export type WorkerDuties = {
  readonly process: Processor<unknown>
  readonly settings: Omit<WorkerOptions, 'connection' | 'prefix'>
  readonly onFailed: (jobId: string, error: Error) => void
  readonly onError: (error: Error) => void
}

const QUEUE = 'records'
const PREFIX = 'writ'
const SCHEMA = 'bullmq'
const ROLES = 'writ_app, writ_worker'
const CONNECT_TIMEOUT_MS = 2_000
const QUERY_TIMEOUT_MS = 5_000
const SOCKET_TIMEOUT_MS = 10_000
const QUEUE_SETTINGS = { streams: { events: { maxLen: 1_000 } } } satisfies Partial<QueueOptions>

/**
 * Creates or migrates the queue's schema in Postgres and grants it to the roles that add and take batches, which must
 * exist. Safe to run again, also from several processes at once.
 * @param ownerUrl connection of a role that may create schemas
 */
export async function prepareQueueStore(ownerUrl: string): Promise<void> {
  const connection = new PostgresConnection({ ...postgresSettings(ownerUrl), migrate: true })
  try {
    await connection.waitUntilReady()
    await connection.pool.query(GRANTS)
  } finally {
    await connection.close()
  }
}

/** One transaction: grants of several processes at once would run into each other. */
const GRANTS = `
  SELECT pg_advisory_xact_lock(hashtext('writ.queue.grants'));
  GRANT USAGE ON SCHEMA ${SCHEMA} TO ${ROLES};
  GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${SCHEMA} TO ${ROLES};
  GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA ${SCHEMA} TO ${ROLES};
  GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${SCHEMA} TO ${ROLES};`

/** Opens the queue to add to. Rejects when the store does not answer in time. */
export function openQueue(store: RecordStore): Promise<OpenQueue> {
  return store.kind === 'redis' ? openRedisQueue(store.url) : openPostgresQueue(store.url)
}

async function openRedisQueue(url: string): Promise<OpenQueue> {
  const link = connectRedis(url)
  try {
    await link.whenReady(CONNECT_TIMEOUT_MS)
    const queue = new Queue(QUEUE, { ...QUEUE_SETTINGS, connection: link.client, prefix: PREFIX })
    queue.on('error', () => undefined)
    await queue.waitUntilReady()
    return {
      add: (...job) => queue.add(...job),
      getJobCountByTypes: (...types) => queue.getJobCountByTypes(...types),
      close: async () => {
        await queue.close()
        await link.close()
      },
    }
  } catch (error) {
    await link.close()
    throw error
  }
}

async function openPostgresQueue(url: string): Promise<OpenQueue> {
  const queue = new Queue(
    QUEUE,
    { ...QUEUE_SETTINGS, connection: { ...postgresSettings(url), query_timeout: QUERY_TIMEOUT_MS } },
    createPostgresBackend,
  )
  queue.on('error', () => undefined)
  try {
    await queue.waitUntilReady()
    return queue
  } catch (error) {
    await queue.close()
    throw error
  }
}

/** Opens a worker that waits to be run. A Redis that is away is waited for; a Postgres that is away rejects. */
export function openWorker(store: RecordStore, duties: WorkerDuties): Promise<OpenWorker> {
  return store.kind === 'redis' ? openRedisWorker(store.url, duties) : openPostgresWorker(store.url, duties)
}

async function openRedisWorker(url: string, duties: WorkerDuties): Promise<OpenWorker> {
  const link = connectRedis(url, { purpose: 'blocking' })
  const worker = new Worker(QUEUE, duties.process, {
    ...duties.settings,
    autorun: false,
    connection: link.client,
    prefix: PREFIX,
  })
  // after the worker has made its blocking connection from it, which BullMQ watches itself
  link.client.options.socketTimeout = SOCKET_TIMEOUT_MS
  listen(worker, duties)
  return {
    run: () => worker.run(),
    close: async () => {
      // with Redis away the end of a job could not be told anyway
      await worker.close(!link.isReady())
      await link.close()
    },
  }
}

async function openPostgresWorker(url: string, duties: WorkerDuties): Promise<OpenWorker> {
  const worker = new Worker(
    QUEUE,
    duties.process,
    { ...duties.settings, autorun: false, connection: postgresSettings(url) },
    createPostgresBackend,
  )
  listen(worker, duties)
  try {
    await worker.waitUntilReady()
    return worker
  } catch (error) {
    await worker.close()
    throw error
  }
}

type Emitter = {
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'failed', listener: (job: { id?: string } | undefined, error: Error) => void): unknown
}

function listen(worker: Emitter, { onFailed, onError }: WorkerDuties): void {
  worker.on('error', onError)
  worker.on('failed', (job, error) => onFailed(job?.id ?? 'unknown', error))
}

const postgresSettings = (url: string) => ({
  connectionString: url,
  schema: SCHEMA,
  max: 4,
  connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
})
