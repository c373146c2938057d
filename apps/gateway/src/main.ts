import { mediate } from '@writ/enforcement'
import { pause, traceOf } from '@writ/point'
import {
  announceReady,
  ConfigError,
  createLog,
  createMetrics,
  onShutdown,
  startAdminServer,
} from '@writ/runtime'
import type { GatewayConfig } from './config.ts'
import { environment, readConfig } from './config.ts'
import { startGauges } from './gauges.ts'
import { startServer } from './server/server.ts'
import { createViews, watchedLedger } from './views.ts'
import { newId, openWorld } from './world.ts'
import type { World } from './world.ts'

const GRACE_MS = 3000
const PATIENCE_MS = 5000
const LOOK_EVERY_MS = 20

/** Starts the gateway: state, world, rim, in this order, and stops in the other. */
async function start(config: GatewayConfig): Promise<void> {
  const log = createLog('gateway', config.logLevel)
  const metrics = createMetrics()
  const views = createViews(log, metrics)
  const world = await openWorld(config, log)
  const ledger = watchedLedger(world.ledger, views, world.clock.monotonicMicros)

  const server = await startServer({
    listen: config.listen,
    publicOrigin: config.publicOrigin,
    authorityOrigin: config.authorityOrigin,
    limits: config.server,
    mediate: (received) => mediate(received, world.steps, ledger, world.clock),
    newDecisionId: () => newId('dec'),
    nowMs: world.clock.nowMs,
    refusedAtRim: views.refusedAtRim,
    report: (bug) => log.error({ bug: traceOf(bug) }, 'a bug at the rim'),
  })
  const admin = await startAdminServer({
    ...config.admin,
    metrics,
    isReady: world.isReady,
    degradedBy: world.degradedBy,
  })

  const stopping = new AbortController()
  const background = world.background(stopping.signal)
  const gauges = startGauges(metrics, world, server)
  onShutdown(async () => {
    await server.close(GRACE_MS)
    stopping.abort()
    await background
    gauges.stop()
    await Promise.all([world.close(), admin.close()])
  })
  const mode = config.redisUrl === null ? 'single-node' : 'redis'
  await firstReady(world, stopping.signal)
  log.info({ port: server.port, adminPort: admin.port, origin: config.publicOrigin, mode }, 'serving')
  announceReady({ port: server.port, adminPort: admin.port, origin: config.publicOrigin, mode })
}

/** Whoever started this process hears that it serves when it can answer; without a control plane, after a while anyway. */
async function firstReady(world: World, signal: AbortSignal): Promise<void> {
  for (let waitedMs = 0; waitedMs < PATIENCE_MS && !world.isReady(); waitedMs += LOOK_EVERY_MS)
    await pause(LOOK_EVERY_MS, signal)
}

try {
  await start(readConfig(environment()))
} catch (error) {
  if (!(error instanceof ConfigError)) throw error
  console.error(`The gateway cannot start:\n${error.problems.map((problem) => `  ${problem}`).join('\n')}`)
  process.exitCode = 2
}
