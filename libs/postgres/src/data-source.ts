import 'reflect-metadata'
import { DataSource } from 'typeorm'
import { ENTITIES } from './entities/list.ts'

export type DatabaseSettings = {
  readonly poolSize: number
  /** shown in pg_stat_activity, so that an operator sees whose connection it is */
  readonly applicationName: string
  /** how long a transaction may stand still, in milliseconds, before the server ends it and its locks: 30,000 without it */
  readonly idleInTransactionMs?: number
}

/** An open pool. It gives no way to a table: tenant data is reached through a TenantScope, the rest through PlatformQueries. */
export type Database = {
  /** whether the server answers now */
  readonly isReachable: () => Promise<boolean>
  readonly close: () => Promise<void>
}

const sources = new WeakMap<Database, DataSource>()

/**
 * Opens a pool; connections are made when they are needed, the first one here.
 * @throws when the server cannot be reached or refuses the login
 */
export async function openDatabase(url: string, settings: DatabaseSettings): Promise<Database> {
  const source = new DataSource({
    type: 'postgres',
    url,
    applicationName: settings.applicationName,
    poolSize: settings.poolSize,
    connectTimeoutMS: CONNECT_LIMIT_MS,
    extra: {
      statement_timeout: STATEMENT_LIMIT_MS,
      idle_in_transaction_session_timeout: settings.idleInTransactionMs ?? STATEMENT_LIMIT_MS,
    },
    entities: ENTITIES,
    synchronize: false,
    installExtensions: false,
    logging: false,
    // A broken idle connection is replaced at the next use; whoever was using one gets its error there.
    poolErrorHandler: () => {},
  })
  await source.initialize()
  const database = { isReachable: () => answers(source), close: () => source.destroy() }
  sources.set(database, source)
  return database
}

const CONNECT_LIMIT_MS = 5_000
const STATEMENT_LIMIT_MS = 30_000

/** Inside this room only: the source behind a database. */
export function sourceOf(database: Database): DataSource {
  const source = sources.get(database)
  if (source === undefined) throw new Error('not a database of openDatabase')
  return source
}

async function answers(source: DataSource): Promise<boolean> {
  try {
    await source.query('select 1')
    return true
  } catch {
    return false
  }
}
