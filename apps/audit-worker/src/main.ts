import 'reflect-metadata'
import { NestFactory } from '@nestjs/core'
import {
  announceReady,
  ConfigError,
  createLog,
  createMetrics,
  onShutdown,
  startAdminServer,
} from '@writ/runtime'
import type { Config } from './config.ts'
import { environment, readConfig } from './config.ts'
import { Intake } from './intake.ts'
import { Supervision } from './supervision.ts'
import { openWorld } from './world.ts'
import { WorkerModule } from './worker.module.ts'

/** Starts the audit worker: what it talks to, the intake, the admin page, and stops in the other order. */
async function start(config: Config): Promise<void> {
  const log = createLog('audit-worker', config.WRIT_LOG_LEVEL)
  const metrics = createMetrics()
  const world = await openWorld(config, log, metrics)
  const app = await NestFactory.createApplicationContext(WorkerModule.around(world.outside), {
    logger: false,
    abortOnError: false,
  })
  const intake = app.get(Intake)
  const supervision = new Supervision({
    samples: world.queues.map((queue) => queue.sample),
    redis: world.queueRedis,
    limits: {
      depth: config.WRIT_WORKER_BRAKE_DEPTH,
      memoryShare: config.WRIT_WORKER_BRAKE_MEMORY_PERCENT / 100,
    },
    tellEnded: world.tellEnded,
    telling: world.outside.telling,
    isLedgerReachable: () => world.database.isReachable(),
    rebuild: () => intake.rebuild(),
    giveUp: () => process.exit(EXIT_STUCK),
    nowMs: () => performance.now(),
  })
  const stopping = new AbortController()
  const supervising = supervision.run(stopping.signal)
  const admin = await startAdminServer({
    host: config.WRIT_WORKER_ADMIN_HOST,
    port: config.WRIT_WORKER_ADMIN_PORT,
    isReady: async () => supervision.isMoving && (await world.database.isReachable()),
    metrics,
  })
  onShutdown(async (cause) => {
    log.info({ cause }, 'the audit worker stops')
    stopping.abort()
    await admin.close()
    await supervising
    await app.close()
    await world.close()
  })
  const mode = config.REDIS_URL === undefined ? 'single-node' : 'redis'
  log.info({ adminPort: admin.port, mode }, 'the audit worker takes batches')
  announceReady({ adminPort: admin.port, mode })
}

/** `EX_SOFTWARE`: nothing moves, and new connections did not help. What it had is given to the next worker. */
const EXIT_STUCK = 70

try {
  await start(readConfig(environment()))
} catch (error) {
  console.error(reasonOf(error))
  process.exitCode = error instanceof ConfigError ? 2 : 1
}

// A failed login says which role and why, and never with which password.
function reasonOf(error: unknown): string {
  if (error instanceof ConfigError)
    return `The audit worker cannot start:\n${error.problems.map((problem) => `  ${problem}`).join('\n')}`
  return `The audit worker could not start: ${error instanceof Error ? error.message : 'unknown cause'}`
}
