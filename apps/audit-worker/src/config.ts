import { loadConfig } from '@writ/runtime'
import type { Environment } from '@writ/runtime'
import { z } from 'zod'

/** Every variable that the audit worker reads. Each default is safe. */
export const ConfigSchema = z.object({
  /** Postgres as the role `writ_worker`: it may append to the ledger and nothing else */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }),
  /** absent: single-node mode, batches come through the queue in Postgres only */
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'must be a redis:// URL' }).optional(),
  /** the Redis of the queue of records, where it is another one */
  WRIT_QUEUE_REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'must be a redis:// URL' }).optional(),
  /** batches under way, and share of that Redis's memory, from where on gateways add none and keep their records themselves */
  WRIT_WORKER_BRAKE_DEPTH: z.coerce.number().int().min(1).default(1000),
  WRIT_WORKER_BRAKE_MEMORY_PERCENT: z.coerce.number().min(1).max(95).default(65),
  /** `/healthz`, `/readyz`, `/metrics`; port 0 takes any free one */
  WRIT_WORKER_ADMIN_HOST: z.string().default('127.0.0.1'),
  WRIT_WORKER_ADMIN_PORT: z.coerce.number().int().min(0).max(65_535).default(7450),
  WRIT_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
})
export type Config = z.output<typeof ConfigSchema>

/** @throws ConfigError with one line per variable that is missing or malformed */
export const readConfig = (env: Environment): Readonly<Config> => loadConfig(ConfigSchema, env)

/** The only place of this app that looks at the environment. */
export const environment = (): Environment => process.env
