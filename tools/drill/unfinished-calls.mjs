// Upstreams that never answer, and a gateway that is killed between a decision and its end: what was begun stands in the ledger, and is closed as unknown (fault drill 28).
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { result } from '../bench/figures.mjs'
import { endingsIn, untilShipped } from './ledger/oracle.mjs'
import { none, notMeasured, oracleRows } from './ledger/rows.mjs'
import { startDrillWorld } from './ledger/world.mjs'

const NAME = 'unfinished-calls'
const MOST_SECONDS = 300
/** Sooner than anybody would have it in earnest. */
export const SOON = { WRIT_UNKNOWN_AFTER_SECONDS: '2', WRIT_STREAM_LOST_AFTER_SECONDS: '5' }
const FORMS = { long: { times: 5, environment: {} }, short: { times: 1, environment: SOON } }
const SETTLE_MS = 1500

export async function run({ say, running, short }) {
  const { times, environment } = short ? FORMS.short : FORMS.long
  const world = await startDrillWorld({
    say,
    running,
    aSecond: short ? 120 : 300,
    tuning: { controlPlane: environment },
  })
  const rows = await leaveUnfinished(world, { times, patienceSeconds: short ? 45 : MOST_SECONDS })
  return [...rows, ...(await oracleRows(NAME, world))]
}

export async function leaveUnfinished(world, { times, patienceSeconds }) {
  const { load, upstream, gateway, say } = world
  let begun = 0
  for (let time = 1; time <= times; time += 1) {
    await load.more(50)
    const before = seenBy(upstream)
    upstream.hang(true)
    await sleep(SETTLE_MS)
    begun += await hangingNow(upstream, before)
    await gateway.kill()
    upstream.hang(false)
    await gateway.restart()
    say(`killed with calls under way, ${time} of ${times} …`)
  }
  await load.more(20)
  await load.stop()
  const { unfinished, seconds, left } = await untilClosed(world, patienceSeconds)
  return [
    result({
      name: `${NAME}: decisions that stand in the ledger without their end`,
      value: unfinished,
      unit: 'decisions',
      atLeast: begun,
      detail: `${begun} calls had reached an upstream that did not answer when the gateway was killed`,
    }),
    none(
      `${NAME}: left open`,
      left,
      'decisions',
      `nobody closed them as unknown within ${patienceSeconds} s`,
    ),
    untilRow(seconds, left),
  ]
}

const seenBy = ({ seenFile }) => readFileSync(seenFile, 'utf8').split('\n').length

/** Calls that have reached it since and will not be answered: none comes any more when every caller waits. */
async function hangingNow(upstream, before) {
  for (let seen = seenBy(upstream); ; seen = seenBy(upstream)) {
    await sleep(300)
    if (seenBy(upstream) === seen) return Math.min(seen - before, MOST_IN_FLIGHT)
  }
}

/** Callers of the load: what was answered before the upstream fell silent is not among those that hang. */
const MOST_IN_FLIGHT = 16

/** Nothing is measured of what never came: `left open` says that it did not. */
function untilRow(seconds, left) {
  const name = `${NAME}: until the last is closed as unknown`
  if (left > 0) return notMeasured(name, 's', `<= ${MOST_SECONDS}`, 'some are not')
  return result({ name, value: seconds, unit: 's', atMost: MOST_SECONDS, detail: 'from the end of the load' })
}

async function untilClosed(world, patienceSeconds) {
  await untilShipped(world)
  const begun = performance.now()
  for (;;) {
    const { unfinished, unknown } = await endingsIn(world)
    const left = unfinished.filter((id) => !unknown.has(id)).length
    const seconds = (performance.now() - begun) / 1000
    if (left === 0 || seconds > patienceSeconds) return { unfinished: unfinished.length, seconds, left }
    await sleep(1000)
  }
}
