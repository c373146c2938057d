import { ConfigError, onShutdown } from '@writ/runtime'
import type { DemoConfig } from './config.ts'
import { demoConfig } from './config.ts'
import { openDatabaseView } from './database.ts'
import { runGuide } from './guide.ts'
import { prepareTenant, upstreamKey } from './tenant.ts'
import { createTranscript } from './transcript.ts'
import type { Upstream } from './upstream.ts'
import { startUpstream } from './upstream.ts'

async function main(): Promise<void> {
  const config = demoConfig()
  const secret = await upstreamKey(config.WRIT_STATE_DIR)
  const upstream = await listening(config.WRIT_DEMO_UPSTREAM_PORT, secret)
  onShutdown(() => upstream.close())
  process.send?.({ ready: true, port: upstream.port })
  const ok = await guided(config, upstream, secret)
  process.send?.({ finished: true, ok })
}

async function guided(config: DemoConfig, upstream: Upstream, secret: string): Promise<boolean> {
  const demo = await prepareTenant(config, upstream.url, secret)
  const isWanted = config.WRIT_DEMO_GUIDE === 'once' || (config.WRIT_DEMO_GUIDE === 'first' && demo.isNew)
  if (!isWanted) return true
  const database = await openDatabaseView(config.DATABASE_URL, demo.tenant.id)
  const transcript = createTranscript((line) => process.stdout.write(`${line}\n`), process.stdout.isTTY)
  try {
    return await runGuide({ config, demo, upstream, secret, transcript, database })
  } finally {
    await database.close()
  }
}

/** The preferred port, or any free one when it is taken. */
const listening = (port: number, secret: string): Promise<Upstream> =>
  startUpstream(port, secret).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error
    return startUpstream(0, secret)
  })

main().catch((error: unknown) => {
  process.stderr.write(
    `demo: ${error instanceof ConfigError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  )
  process.send?.({ finished: true, ok: false })
  process.exit(1)
})
