// The Redis of the queue is killed for a minute under load: no call fails because of it, and what waited is shipped soon after (fault drill 4).
import { setTimeout as sleep } from 'node:timers/promises'
import { result } from '../bench/figures.mjs'
import { ordinaryBacklog, secondsUntilDrained } from './ledger/backlog.mjs'
import { p99Of, sayingsOf } from './ledger/load.mjs'
import { UNRECORDED } from './ledger/judgement.mjs'
import { none, oracleRows } from './ledger/rows.mjs'
import { startDrillWorld } from './ledger/world.mjs'

const NAME = 'redis-killed'
const FORMS = { long: { calmSeconds: 20, outageSeconds: 60 }, short: { calmSeconds: 2, outageSeconds: 3 } }

export async function run({ say, running, short }) {
  const world = await startDrillWorld({ say, running, aSecond: short ? 120 : 300 })
  const rows = await killRedis(world, short ? FORMS.short : FORMS.long)
  return [...rows, ...(await oracleRows(NAME, world))]
}

export async function killRedis({ load, gateway, redis, say }, { calmSeconds, outageSeconds }) {
  await load.more(100)
  const calmMs = Date.now()
  const ordinary = await ordinaryBacklog(gateway, calmSeconds)
  const downMs = Date.now()
  await redis.kill()
  say(`Redis is dead for ${outageSeconds} s …`)
  await sleep(outageSeconds * 1000)
  const answeredBefore = load.allowed()
  await redis.up()
  const upMs = Date.now()
  const drained = await secondsUntilDrained(gateway, ordinary, 3 * outageSeconds + 30)
  await load.more(10)
  const before = load.during(calmMs, downMs)
  const during = load.during(downMs, upMs)
  const since = load.during(downMs, Date.now())
  return [
    none(
      `${NAME}: calls that failed for audit reasons`,
      since.filter(({ said }) => said === UNRECORDED).length,
      'calls',
      `${since.length} calls since it died: ${sayingsOf(since)}; ${answeredBefore} allowed by the end of the outage`,
    ),
    none(
      `${NAME}: calls that were not answered`,
      since.filter(({ said }) => String(said).startsWith('unanswered')).length,
      'calls',
      'the gateway has nothing to wait for',
    ),
    result({
      name: `${NAME}: added to the p99`,
      value: p99Of(during) - p99Of(before),
      unit: 'ms',
      atMost: 20,
      detail: `p99 ${p99Of(before).toFixed(1)} ms before it died, ${p99Of(during).toFixed(1)} ms while it was dead`,
    }),
    drainedRow(
      NAME,
      drained,
      3 * outageSeconds,
      `what waits is what waited before (${ordinary} records), calls going on`,
    ),
  ]
}

export const drainedRow = (drill, seconds, atMost, detail) =>
  result({ name: `${drill}: until what waited is stored`, value: seconds, unit: 's', atMost, detail })
