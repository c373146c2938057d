import { migrate } from '@writ/postgres'
import { prepareQueueStore } from '@writ/redis'
import { ConfigError, loadConfig } from '@writ/runtime'
import { environment, MigrationConfigSchema } from './config.ts'

/** Brings the database to the newest form. Run before the control plane starts, with the login of the database's owner. */
async function run(): Promise<void> {
  const config = loadConfig(MigrationConfigSchema, environment())
  await migrate({
    ownerUrl: config.WRIT_OWNER_DATABASE_URL,
    appPassword: config.WRIT_APP_PASSWORD,
    workerPassword: config.WRIT_WORKER_PASSWORD,
  })
  await prepareQueueStore(config.WRIT_OWNER_DATABASE_URL)
}

run().catch((error: unknown) => {
  console.error(
    error instanceof ConfigError || error instanceof Error ? error.message : 'the migration failed',
  )
  process.exit(1)
})
