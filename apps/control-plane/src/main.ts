import 'reflect-metadata'
import { announceReady, ConfigError, createLog, loadConfig, onShutdown } from '@writ/runtime'
import { createApplication } from './application.ts'
import { systemClock } from './clock.ts'
import { ConfigSchema, environment } from './config.ts'
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
  else outsideFault(error)
  process.exit(1)
})

// A failed connection says where it failed to connect, and never with which password.
function outsideFault(error: unknown): void {
  const { name, code } = error as { name?: string; code?: string }
  log.fatal({ name, code }, 'the control plane could not start')
}
