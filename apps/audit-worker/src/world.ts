import { createTenantScope, openDatabase, PlatformQueries } from '@writ/postgres'
import type { Database } from '@writ/postgres'
import { connectRedis, createRecordQueue, tellEnded } from '@writ/redis'
import type { RecordQueue, RecordStore, RedisLink } from '@writ/redis'
import type { Log, Metrics } from '@writ/runtime'
import { Acknowledgements } from './acknowledgements.ts'
import type { Config } from './config.ts'
import { Queues } from './intake.ts'
import { Quarantine } from './quarantine.ts'
import { Telling } from './telling.ts'
import type { Outside } from './worker.module.ts'

export type World = {
  readonly outside: Outside
  readonly database: Database
  /** the queues as a producer sees them, to look at how full they are */
  readonly queues: readonly RecordQueue[]
  /** the Redis of the queues */
  readonly queueRedis: RedisLink | null
  /** adds to the batches that all workers of the queues ended; of a queue in Postgres each worker gets its share */
  readonly tellEnded: (batches: number) => Promise<number>
  readonly close: () => Promise<void>
}

/** Opens everything that the worker talks to. */
export async function openWorld(config: Config, log: Log, metrics: Metrics): Promise<World> {
  const database = await openDatabase(config.DATABASE_URL, {
    poolSize: 8,
    applicationName: 'writ audit-worker',
    // A worker that was stopped in the middle must not keep the others from the stream for longer than its job is its own.
    idleInTransactionMs: 5_000,
  })
  const redis = config.REDIS_URL === undefined ? null : connectRedis(config.REDIS_URL)
  const queueUrl = queueUrlOf(config)
  const queueRedis = queueUrl === undefined ? null : connectRedis(queueUrl)
  const stores = storesOf(config)
  const queues = stores.map((store) => createRecordQueue(store))
  const outside = {
    scope: createTenantScope(database),
    queries: new PlatformQueries(database),
    quarantine: new Quarantine(database),
    acknowledgements: new Acknowledgements(redis),
    queues: new Queues(stores),
    telling: new Telling(log, metrics, () => performance.now()),
  }
  const close = async () => {
    await Promise.all(queues.map((queue) => queue.close()))
    await Promise.all([redis?.close(), queueRedis?.close()])
    await database.close()
  }
  const told = (batches: number) => (queueRedis ? tellEnded(queueRedis.client, batches) : Promise.resolve(0))
  return { outside, database, queues, queueRedis, tellEnded: told, close }
}

const queueUrlOf = ({ WRIT_QUEUE_REDIS_URL, REDIS_URL }: Config): string | undefined =>
  WRIT_QUEUE_REDIS_URL ?? REDIS_URL

// The queue in Postgres is emptied always: batches come through it whenever Redis is away.
function storesOf(config: Config): RecordStore[] {
  const url = queueUrlOf(config)
  const inPostgres: RecordStore = { kind: 'postgres', url: config.DATABASE_URL }
  return url === undefined ? [inPostgres] : [inPostgres, { kind: 'redis', url }]
}
