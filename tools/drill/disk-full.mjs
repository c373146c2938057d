// The disk of a gateway fills up under load: it says no before anything is done, and goes on by itself when there is room again (fault drill 13).
import { closeSync, openSync, readFileSync, rmSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { result } from '../bench/figures.mjs'
import { sayingsOf } from './ledger/load.mjs'
import { UNRECORDED } from './ledger/judgement.mjs'
import { none, notMeasured, oracleRows } from './ledger/rows.mjs'
import { onSmallDisk } from './ledger/small-disk.mjs'
import { startDrillWorld } from './ledger/world.mjs'
import { numbersFrom } from './soak/dice.mjs'

const NAME = 'disk-full'
const MIB = 1024 * 1024
export const FULL_DISK_MIB = 32
const SPOOL_MIB = 16
const FORMS = { long: { times: 20 }, short: { times: 2 } }
const FULL_MS = 1500
const BACK_SECONDS = 10

export async function run({ say, running, short, seed }) {
  const settings = { short, seed }
  const rows = await onSmallDisk({ module: import.meta.url, mib: FULL_DISK_MIB, settings, say, running })
  const why = 'nobody may mount a disk here: neither root nor in a namespace of one’s own'
  return rows ?? [notMeasured(`${NAME}: answered and nowhere`, 'decisions', '<= 0', why)]
}

export async function runInside({ say, running, disk, short, seed }) {
  const world = await startDrillWorld({
    say,
    running,
    aSecond: short ? 120 : 600,
    tuning: { gateway: gatewayOn(disk) },
  })
  const rows = await fillDisk(world, {
    disk,
    random: numbersFrom(seed),
    ...(short ? FORMS.short : FORMS.long),
  })
  return [...rows, ...(await oracleRows(NAME, world))]
}

/** Its whole state on that disk, which is larger than the bound of its spool. */
export const gatewayOn = (disk) => ({
  WRIT_GATEWAY_STATE_DIR: disk,
  WRIT_LIMIT_SPOOL_BYTES: String(SPOOL_MIB * MIB),
})

export async function fillDisk(world, { disk, times, random }) {
  const { load, gateway, say } = world
  const { pid } = gateway
  const ballast = join(disk, 'ballast')
  let slowest = 0
  await load.more(50)
  const fromMs = Date.now()
  for (let time = 1; time <= times; time += 1) {
    const kept = await filledUntilRefused(ballast, load)
    // A little room, of no round size: what is written then is taken in part.
    for (let drop = 0; drop < 5; drop += 1) {
      truncateSync(ballast, kept - Math.floor((drop + random()) * 9000))
      await sleep(FULL_MS / 5)
    }
    rmSync(ballast)
    const begun = performance.now()
    await load.more(20)
    slowest = Math.max(slowest, (performance.now() - begun) / 1000)
    say(`full ${time} of ${times} times …`)
  }
  const lines = load.during(fromMs, Date.now())
  const refused = lines.filter(({ said }) => said === UNRECORDED)
  const seen = new Set(readFileSync(world.upstream.seenFile, 'utf8').split('\n'))
  return [
    result({
      name: `${NAME}: calls refused because they could not be recorded`,
      value: refused.length,
      unit: 'calls',
      atLeast: times,
      detail: `503 record_unavailable; ${sayingsOf(lines)}`,
    }),
    none(
      `${NAME}: refused calls that had reached the upstream`,
      refused.filter(({ order }) => seen.has(order)).length,
      'calls',
      'what is refused was not done; the upstream writes down every call',
    ),
    result({
      name: `${NAME}: until it answers again`,
      value: gateway.pid === pid ? slowest : Infinity,
      unit: 's',
      atMost: BACK_SECONDS,
      detail: `the slowest of ${times} times, 20 answers, the same process`,
    }),
  ]
}

/** Writes on until the disk takes no byte more. @returns bytes written */
function fill(path) {
  const file = openSync(path, 'a')
  let bytes = 0
  try {
    for (let piece = MIB; piece >= 1; piece = Math.floor(piece / 2))
      for (let took = 1; took > 0; bytes += took) took = taken(file, Buffer.alloc(piece, 1))
  } finally {
    closeSync(file)
  }
  return bytes
}

function taken(file, bytes) {
  try {
    return writeSync(file, bytes)
  } catch (error) {
    if (error.code === 'ENOSPC') return 0
    throw error
  }
}

/** A gateway makes room by what it keeps and need not: that is taken too, as fast as it comes. @returns bytes on the disk */
async function filledUntilRefused(ballast, load) {
  let bytes = 0
  for (let waitedMs = 0; waitedMs < 60_000; waitedMs += 200) {
    bytes += fill(ballast)
    const last = load.lines().slice(-50)
    if (last.some(({ said }) => said === UNRECORDED)) return bytes
    await sleep(200)
  }
  throw new Error('the disk is full and nothing was refused')
}
