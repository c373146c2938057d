// The Redis of the queue nears its limit of memory while nobody empties it: gateways brake in time, and workers still drain it (fault drill 6).
import { setTimeout as sleep } from 'node:timers/promises'
import { result } from '../bench/figures.mjs'
import { ordinaryBacklog, secondsUntilDrained } from './ledger/backlog.mjs'
import { sayingsOf } from './ledger/load.mjs'
import { UNRECORDED } from './ledger/judgement.mjs'
import { waitingAt } from './ledger/oracle.mjs'
import { withoutWorker } from './ledger/processes.mjs'
import { none, oracleRows } from './ledger/rows.mjs'
import { startDrillWorld } from './ledger/world.mjs'
import { drainedRow } from './redis-killed.mjs'

const NAME = 'redis-full'
const MIB = 1024 * 1024
/** Other work in the same Redis takes so much of it; what is left below the brake fills within seconds. */
const FILLED = 0.58
const MOST_FILLED = 0.7
const FORMS = { long: { maxBytes: 64 * MIB, seconds: 90 }, short: { maxBytes: 24 * MIB, seconds: 12 } }
const EVERY_MS = 50
const DRAINED_SECONDS = 120

export async function run({ say, running, short }) {
  const world = await startDrillWorld({ say, running, aSecond: short ? 120 : 600 })
  const rows = await fillRedis(world, short ? FORMS.short : FORMS.long)
  return [...rows, ...(await oracleRows(NAME, world))]
}

export async function fillRedis({ load, gateway, redis, platform, say }, { maxBytes, seconds }) {
  await load.more(50)
  const ordinary = await ordinaryBacklog(gateway, 1)
  const errorsBefore = await outOfMemoryErrors(redis)
  const { maxmemory } = await memoryOf(redis)
  await redis.command('CONFIG', 'SET', 'maxmemory', String(maxBytes))
  await fillTo(redis, FILLED * maxBytes)
  say(`${seconds} s without a worker …`)
  const fromMs = Date.now()
  const peak = await withoutWorker(platform, () => peakWhile(redis, seconds))
  const waiting = await waitingAt(gateway)
  const drained = await secondsUntilDrained(gateway, ordinary, DRAINED_SECONDS)
  const calls = load.during(fromMs, Date.now())
  const errors = (await outOfMemoryErrors(redis)) - errorsBefore
  await redis.command('DEL', 'drill:ballast')
  await redis.command('CONFIG', 'SET', 'maxmemory', String(maxmemory))
  return [
    result({
      name: `${NAME}: most of its memory in use`,
      value: peak,
      unit: 'of all',
      atMost: MOST_FILLED,
      detail: `${FILLED} were taken by something else; ${waiting} records waited at the gateway when the worker came back`,
    }),
    none(`${NAME}: commands refused for want of memory`, errors, 'commands', 'of the worker, or of anybody'),
    none(
      `${NAME}: calls that failed for audit reasons`,
      calls.filter(({ said }) => said === UNRECORDED).length,
      'calls',
      sayingsOf(calls),
    ),
    drainedRow(
      NAME,
      drained,
      DRAINED_SECONDS,
      'once a worker is there again, with the memory still that full',
    ),
  ]
}

async function memoryOf(redis) {
  const said = await redis.command('INFO', 'memory')
  const number = (name) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(said)?.[1])
  return { used: number('used_memory'), maxmemory: number('maxmemory') }
}

async function fillTo(redis, bytes) {
  const { used } = await memoryOf(redis)
  await redis.command('SETRANGE', 'drill:ballast', String(Math.max(1, Math.floor(bytes - used))), 'x')
}

async function peakWhile(redis, seconds) {
  let peak = 0
  for (const until = performance.now() + seconds * 1000; performance.now() < until; await sleep(EVERY_MS)) {
    const { used, maxmemory } = await memoryOf(redis)
    peak = Math.max(peak, used / maxmemory)
  }
  return peak
}

async function outOfMemoryErrors(redis) {
  const said = await redis.command('INFO', 'errorstats')
  return Number(/^errorstat_OOM:count=(\d+)/m.exec(said)?.[1] ?? 0)
}
