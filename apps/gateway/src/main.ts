import { setFlagsFromString } from 'node:v8'
import { mediate } from '@writ/enforcement'
import type { Received, Steps } from '@writ/enforcement'
import { pause, traceOf } from '@writ/point'
import type { Claim } from '@writ/point'
import {
  announceReady,
  ConfigError,
  createLineLog,
  createLog,
  createMetrics,
  onShutdown,
  startAdminServer,
} from '@writ/runtime'
import type { LogLevel } from '@writ/runtime'
import { claimState } from './claim-state.ts'
import { openComposition } from './composition/open-composition.ts'
import type { GatewayConfig } from './config.ts'
import { environment, readConfig } from './config.ts'
import { startGauges } from './gauges.ts'
import { COMPOSED } from './server/route.ts'
import { createReceipts } from './receipts.ts'
import { startServer } from './server/server.ts'
import { openTracing } from './tracing/open-tracing.ts'
import { createViews, watchedLedger, withSpans } from './views.ts'
import type { ViewLogs } from './views.ts'
import { newId, openWorld } from './world.ts'
import type { World } from './world.ts'

const GRACE_MS = 3000
const PATIENCE_MS = 5000
const LOOK_EVERY_MS = 20
/**
 * Records that wait for the ledger outlive the young generation. V8 lets what is dead among the old grow to several times what lives before
 * it looks for it, and the process keeps that memory.
 */
const HEAP_GROWTH_PERCENT = 40

/** Starts the gateway: state, world, rim, in this order, and stops in the other. */
async function start(config: GatewayConfig, claim: Claim): Promise<void> {
  const log = createLog('gateway', config.logLevel)
  const metrics = createMetrics()
  const tracing = await openTracing(config.tracing)
  const world = await openWorld(config, log)
  const views = withSpans(createViews(viewLogs(config.logLevel), metrics), tracing)
  const receipts = createReceipts()
  const ledger = watchedLedger(receipts.of(world.ledger), views, world.clock.monotonicMicros)
  const steps = tracing.steps(world.steps)

  const through = (received: Received, verify?: Steps['verify']) => {
    tracing.begin(received)
    return mediate(received, verify ? { ...steps, verify } : steps, ledger, world.clock)
  }
  const compose = openComposition(config, { ...world, mediate: through, newDecisionId, steps, ledger })

  const server = await startServer({
    listen: config.listen,
    publicOrigin: config.publicOrigin,
    authorityOrigin: config.authorityOrigin,
    limits: config.server,
    mediate: (received) => (received.connectionName === COMPOSED ? compose(received) : through(received)),
    newDecisionId,
    nowMs: world.clock.nowMs,
    receiptOf: receipts.take,
    refusedAtRim: views.refusedAtRim,
    report: (bug) => log.error({ bug: traceOf(bug) }, 'a bug at the rim'),
  })
  const admin = await startAdminServer({
    ...config.admin,
    metrics,
    isReady: () => !server.isStopping() && world.isReady(),
    degradedBy: world.degradedBy,
  })

  const stopping = new AbortController()
  const background = world.background(stopping.signal)
  const gauges = startGauges(metrics, world, server)
  onShutdown(async (cause) => {
    log.info({ cause }, 'stopping')
    await server.close(GRACE_MS)
    await world.records.ledger.end()
    stopping.abort()
    await background
    gauges.stop()
    await Promise.all([world.close(), admin.close(), tracing.close()])
    await claim.release()
  })
  const mode = config.redisUrl === null ? 'single-node' : 'redis'
  await firstReady(world, stopping.signal)
  log.info({ port: server.port, adminPort: admin.port, origin: config.publicOrigin, mode }, 'serving')
  announceReady({ port: server.port, adminPort: admin.port, origin: config.publicOrigin, mode })
}

const newDecisionId = () => newId('dec')

const viewLogs = (level: LogLevel): ViewLogs => ({
  message: createLineLog('gateway', 'message', level),
  rim: createLineLog('gateway', 'refused at the rim', level),
})

/** Whoever started this process hears that it serves when it can answer; without a control plane, after a while anyway. */
async function firstReady(world: World, signal: AbortSignal): Promise<void> {
  for (let waitedMs = 0; waitedMs < PATIENCE_MS && !world.isReady(); waitedMs += LOOK_EVERY_MS)
    await pause(LOOK_EVERY_MS, signal)
}

setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`)
try {
  const config = readConfig(environment())
  await start(config, await claimState(config.stateDir))
} catch (error) {
  if (!(error instanceof ConfigError)) throw error
  console.error(`The gateway cannot start:\n${error.problems.map((problem) => `  ${problem}`).join('\n')}`)
  process.exitCode = 2
}
