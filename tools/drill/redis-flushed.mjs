// Somebody empties the Redis of the queue while batches wait in it: gateways send again from the watermark (fault drill 5).
import { result } from '../bench/figures.mjs'
import { jobsIn, ordinaryBacklog, secondsUntilDrained } from './ledger/backlog.mjs'
import { withoutWorker } from './ledger/processes.mjs'
import { oracleRows } from './ledger/rows.mjs'
import { startDrillWorld } from './ledger/world.mjs'
import { drainedRow } from './redis-killed.mjs'

const NAME = 'redis-flushed'
const FORMS = { long: { times: 10, calls: 1000 }, short: { times: 1, calls: 60 } }
const MOST_SECONDS = 120

export async function run({ say, running, short }) {
  const world = await startDrillWorld({ say, running, aSecond: short ? 120 : 300 })
  const rows = await flushRedis(world, short ? FORMS.short : FORMS.long)
  return [...rows, ...(await oracleRows(NAME, world))]
}

/** The worker is stopped meanwhile, so that there is something to lose. */
export async function flushRedis({ load, gateway, redis, platform, say }, { times, calls }) {
  await load.more(50)
  const ordinary = await ordinaryBacklog(gateway, 1)
  const lost = []
  let slowest = 0
  for (let time = 1; time <= times; time += 1) {
    await withoutWorker(platform, async () => {
      await load.more(calls)
      lost.push(await jobsIn(redis, 'wait', 'active', 'paused'))
      await redis.command('FLUSHALL')
    })
    const seconds = await secondsUntilDrained(gateway, ordinary, MOST_SECONDS)
    slowest = Math.max(slowest, seconds)
    say(`flushed ${time} of ${times} times, ${lost.at(-1)} batches were in it …`)
  }
  return [
    result({
      name: `${NAME}: batches that were lost from the queue`,
      value: Math.min(...lost),
      unit: 'batches',
      atLeast: 1,
      detail: `the fewest of ${times} times, so that there was something to send again`,
    }),
    drainedRow(NAME, slowest, MOST_SECONDS, `the slowest of ${times} times, calls going on`),
  ]
}
