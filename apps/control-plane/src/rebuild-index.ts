import { setTimeout as pause } from 'node:timers/promises'
import { beginAgain, createClickHouse, createClickHouseIndex, IndexFeed } from '@writ/clickhouse'
import type { ClickHouseSettings } from '@writ/clickhouse'
import { createTenantScope, openDatabase, PlatformQueries } from '@writ/postgres'
import { ConfigError, loadConfig } from '@writ/runtime'
import { environment, RebuildConfigSchema } from './config.ts'
import { codeOf } from './error-code.ts'
import { fedLedger } from './record-index/fed-ledger.ts'

const SAY_EVERY_MS = 2000
const AGAIN_MS = 5000
const MOST_FAILURES = 5

/**
 * Makes the index of records again: an empty one in the place of what there is, filled from the ledger. The control plane may run
 * meanwhile: it fills the new one too, and the desk asks Postgres until it is full. It may be stopped anywhere; the control plane that
 * leads then does the rest.
 */
async function run(): Promise<void> {
  const config = loadConfig(RebuildConfigSchema, environment())
  const database = await openDatabase(config.DATABASE_URL, {
    poolSize: 2,
    applicationName: 'writ rebuild-index',
  })
  try {
    await fill(
      fedLedger(createTenantScope(database), new PlatformQueries(database)),
      config.WRIT_CLICKHOUSE_URL,
    )
  } finally {
    await database.close()
  }
}

async function fill(ledger: ReturnType<typeof fedLedger>, settings: ClickHouseSettings): Promise<void> {
  const clickHouse = createClickHouse(settings)
  try {
    const name = await beginAgain(clickHouse)
    const index = createClickHouseIndex(clickHouse, name)
    const open = () => Promise.resolve({ name, index })
    await untilFull(new IndexFeed(ledger, open, () => performance.now()))
  } finally {
    await clickHouse.destroy()
  }
}

/** @throws after some rounds with a failure, one after the other */
async function untilFull(feed: IndexFeed): Promise<void> {
  let loaded = 0
  let failures = 0
  let saidAtMs = -Infinity
  for (;;) {
    const round = await feed.round()
    loaded += round.loaded
    if (performance.now() - saidAtMs >= SAY_EVERY_MS || round.behind === 0) {
      console.log(`${loaded} records are in the index, ${round.behind} are to come`)
      saidAtMs = performance.now()
    }
    if (round.behind === 0 && round.failures.length === 0) return
    failures = round.failures.length === 0 ? 0 : failures + 1
    if (failures >= MOST_FAILURES) throw round.failures[0]
    if (failures > 0) await pause(AGAIN_MS)
  }
}

run().catch((error: unknown) => {
  // The code and not the text: a failed connection may quote where it went.
  const why = error instanceof ConfigError ? error.message : `the index is not made again (${codeOf(error)})`
  console.error(why)
  process.exit(1)
})
