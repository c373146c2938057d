import 'reflect-metadata'
import {
  announceReady,
  ConfigError,
  createLog,
  loadConfig,
  onShutdown,
  startAdminServer,
} from '@writ/runtime'
import type { AdminServer, Metrics } from '@writ/runtime'
import { createApplication } from './application.ts'
import { systemClock } from './clock.ts'
import type { Outside } from './app.module.ts'
import { ConfigSchema, environment } from './config.ts'
import type { Config } from './config.ts'
import { codeOf } from './error-code.ts'
import { openOutside } from './open-outside.ts'

const log = createLog('control-plane')

async function start(): Promise<void> {
  const config = loadConfig(ConfigSchema, environment())
  const { outside, metrics, close } = await openOutside(config, systemClock, log)
  const app = await createApplication(outside, log)
  await app.listen(config.WRIT_CONTROL_PLANE_PORT, config.WRIT_CONTROL_PLANE_HOST)
  const admin = await startAdmin(config, outside, metrics)
  onShutdown(async (cause) => {
    log.info({ cause }, 'the control plane stops')
    await admin?.close()
    await app.close()
    await close()
  })
  const { port } = new URL(await app.getUrl())
  log.info({ port: Number(port), redis: outside.settings.redisUrl !== undefined }, 'the control plane serves')
  announceReady({ port: Number(port), ...(admin && { adminPort: admin.port }) })
}

/** Health and metrics on a port of their own, where one is configured. */
async function startAdmin(config: Config, outside: Outside, metrics: Metrics): Promise<AdminServer | null> {
  const { WRIT_CONTROL_PLANE_ADMIN_HOST: host, WRIT_CONTROL_PLANE_ADMIN_PORT: port } = config
  if (port === undefined) return null
  const isReady = async () => (await outside.platform.feedPosition()) !== undefined
  const degradedBy = () => outside.indexStanding.words
  return startAdminServer({ host, port, isReady, degradedBy, metrics })
}

try {
  // Awaited here, so that Node says so should it ever come to an end without an answer.
  await start()
} catch (error) {
  if (error instanceof ConfigError) console.error(error.message)
  // The code and not the text: a failed connection may quote where it went.
  else log.fatal({ code: codeOf(error) }, 'the control plane could not start')
  process.exit(1)
}
