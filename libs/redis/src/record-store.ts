import type { Processor, QueueOptions, WorkerOptions } from 'bullmq'
import type { Redis } from 'ioredis'
import { createPostgresBackend, PostgresConnection, Queue, Worker } from 'bullmq'
import type { BrakeLimits, QueueSample } from './record-brake.ts'
import { createProducerBrake, sampleQueues } from './record-brake.ts'
import { connectRedis } from './connect.ts'
import { FORMER_QUEUE, PREFIX, SHARDS } from './record-shards.ts'

/** Where the queue of record batches lives: Redis, or Postgres where there is no Redis. */
export type RecordStore =
  | { readonly kind: 'redis'; readonly url: string }
  | { readonly kind: 'postgres'; readonly url: string }

/** What is used of the BullMQ queues of one store. */
export type OpenQueue = {
  /** @param shard which of several queues; a store that has but one takes any */
  readonly add: (shard: string, batch: unknown, options: object) => Promise<unknown>
  /** why nothing may be added now; null: it may. @param addedBytes since the last question */
  readonly brake: (addedBytes: number) => Promise<'depth' | 'memory' | null>
  readonly sample: () => Promise<QueueSample>
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

const SCHEMA = 'bullmq'
const ROLES = 'writ_app, writ_worker'
const CONNECT_TIMEOUT_MS = 2_000
const QUERY_TIMEOUT_MS = 5_000
const SOCKET_TIMEOUT_MS = 10_000
const REDIS_PATIENCE_MS = 30_000
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
export function openQueue(store: RecordStore, limits: BrakeLimits): Promise<OpenQueue> {
  return store.kind === 'redis' ? openRedisQueue(store.url, limits) : openPostgresQueue(store.url)
}

async function openRedisQueue(url: string, limits: BrakeLimits): Promise<OpenQueue> {
  const link = connectRedis(url)
  link.client.setMaxListeners(0)
  const queues = new Map<string, Promise<Queue>>()
  const opened = (shard: string): Promise<Queue> => {
    const opening = queues.get(shard) ?? openShard(shard, link.client)
    queues.set(shard, opening)
    opening.catch(() => queues.delete(shard))
    return opening
  }
  try {
    await link.whenReady(CONNECT_TIMEOUT_MS)
  } catch (error) {
    await link.close()
    throw error
  }
  return {
    add: async (shard, ...job) => (await opened(shard)).add('batch', ...job),
    brake: createProducerBrake(link.client, limits),
    sample: () => sampleQueues(link.client),
    close: async () => {
      for (const queue of await Promise.allSettled(queues.values()))
        if (queue.status === 'fulfilled') await queue.value.close()
      await link.close()
    },
  }
}

async function openShard(shard: string, connection: Redis): Promise<Queue> {
  const queue = new Queue(shard, { ...QUEUE_SETTINGS, connection, prefix: PREFIX })
  queue.on('error', () => undefined)
  await queue.waitUntilReady()
  return queue
}

async function openPostgresQueue(url: string): Promise<OpenQueue> {
  const queue = new Queue(
    FORMER_QUEUE,
    { ...QUEUE_SETTINGS, connection: { ...postgresSettings(url), query_timeout: QUERY_TIMEOUT_MS } },
    createPostgresBackend,
  )
  queue.on('error', () => undefined)
  try {
    await queue.waitUntilReady()
  } catch (error) {
    await queue.close()
    throw error
  }
  return {
    add: (_, ...job) => queue.add('batch', ...job),
    brake: () => Promise.resolve(null),
    sample: async () => ({
      depth: await queue.getJobCountByTypes('waiting', 'active', 'delayed'),
      memoryShare: null,
    }),
    close: () => queue.close(),
  }
}

/** Opens a worker that waits to be run. A Redis that is away is waited for; a Postgres that is away rejects. */
export function openWorker(store: RecordStore, duties: WorkerDuties): Promise<OpenWorker> {
  return store.kind === 'redis' ? openRedisWorker(store.url, duties) : openPostgresWorker(store.url, duties)
}

/** One worker for each queue, so that each of them is worked off in its order; the queue of earlier releases too. */
async function openRedisWorker(url: string, duties: WorkerDuties): Promise<OpenWorker> {
  const link = connectRedis(url, { purpose: 'blocking' })
  link.client.setMaxListeners(0)
  const workers = [FORMER_QUEUE, ...SHARDS].map(
    (shard) =>
      new Worker(shard, duties.process, {
        ...duties.settings,
        autorun: false,
        connection: link.client,
        prefix: PREFIX,
      }),
  )
  // after the workers have made their blocking connections from it, which BullMQ watches itself
  link.client.options.socketTimeout = SOCKET_TIMEOUT_MS
  for (const worker of workers) listen(worker, duties)
  return {
    run: async () => {
      await link.whenReady(REDIS_PATIENCE_MS)
      await oneAtATime(link.client)
      await Promise.all(workers.map((worker) => worker.run()))
    },
    close: async () => {
      // with Redis away the end of a job could not be told anyway
      await Promise.all(workers.map((worker) => worker.close(!link.isReady())))
      await link.close()
    },
  }
}

/** Also over several processes: of two batches of one stream the later must not overtake. */
async function oneAtATime(client: Redis): Promise<void> {
  const batch = client.pipeline()
  for (const shard of SHARDS) batch.hset(`${PREFIX}:${shard}:meta`, 'concurrency', 1)
  await batch.exec()
}

async function openPostgresWorker(url: string, duties: WorkerDuties): Promise<OpenWorker> {
  const worker = new Worker(
    FORMER_QUEUE,
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
