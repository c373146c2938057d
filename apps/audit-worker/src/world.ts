import { createTenantScope, openDatabase, PlatformQueries } from '@writ/postgres'
import type { Database } from '@writ/postgres'
import { connectRedis } from '@writ/redis'
import type { RecordStore } from '@writ/redis'
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
  readonly close: () => Promise<void>
}

/** Opens everything that the worker talks to. */
export async function openWorld(config: Config, log: Log, metrics: Metrics): Promise<World> {
  const database = await openDatabase(config.DATABASE_URL, {
    poolSize: 4,
    applicationName: 'writ audit-worker',
  })
  const redis = config.REDIS_URL === undefined ? null : connectRedis(config.REDIS_URL)
  const outside = {
    scope: createTenantScope(database),
    queries: new PlatformQueries(database),
    quarantine: new Quarantine(database),
    acknowledgements: new Acknowledgements(redis),
    queues: new Queues(storesOf(config)),
    telling: new Telling(log, metrics, () => performance.now()),
  }
  const close = async () => {
    await redis?.close()
    await database.close()
  }
  return { outside, database, close }
}

// The queue in Postgres is emptied always: batches come through it whenever Redis is away.
const storesOf = ({ DATABASE_URL, REDIS_URL }: Config): RecordStore[] => [
  { kind: 'postgres', url: DATABASE_URL },
  ...(REDIS_URL === undefined ? [] : [{ kind: 'redis', url: REDIS_URL } as const]),
]
