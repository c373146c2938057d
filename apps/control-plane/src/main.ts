import 'reflect-metadata'
import { announceReady, ConfigError, createLog, loadConfig, onShutdown } from '@writ/runtime'
import { createApplication } from './application.ts'
import { systemClock } from './clock.ts'
import { ConfigSchema, environment } from './config.ts'
import { codeOf } from './error-code.ts'
import { openOutside } from './open-outside.ts'

const log = createLog('control-plane')

async function start(): Promise<void> {
  const config = loadConfig(ConfigSchema, environment())
  const { outside, close } = await openOutside(config, systemClock, log)
  const app = await createApplication(outside, log)
  await app.listen(config.WRIT_CONTROL_PLANE_PORT, config.WRIT_CONTROL_PLANE_HOST)
  onShutdown(async () => {
    await app.close()
    await close()
  })
  const { port } = new URL(await app.getUrl())
  log.info({ port: Number(port), redis: outside.settings.redisUrl !== undefined }, 'the control plane serves')
  announceReady({ port: Number(port) })
}

start().catch((error: unknown) => {
  if (error instanceof ConfigError) console.error(error.message)
  // The code and not the text: a failed connection may quote where it went.
  else log.fatal({ code: codeOf(error) }, 'the control plane could not start')
  process.exit(1)
})
