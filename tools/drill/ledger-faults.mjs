// The faults of the ledger one after the other on one platform, each shorter than in its own drill, judged once at the end; what the tests run.
import { reachAcross } from './cross-tenant.mjs'
import { fillDisk, FULL_DISK_MIB, gatewayOn } from './disk-full.mjs'
import { killRows, killUnderLoad } from './kill-gateway.mjs'
import { notMeasured, oracleRows } from './ledger/rows.mjs'
import { onSmallDisk } from './ledger/small-disk.mjs'
import { startDrillWorld } from './ledger/world.mjs'
import { stopPostgres } from './postgres-down.mjs'
import { flushRedis } from './redis-flushed.mjs'
import { killRedis } from './redis-killed.mjs'
import { numbersFrom } from './soak/dice.mjs'
import { leaveUnfinished, SOON } from './unfinished-calls.mjs'
import { killWorker } from './worker-killed.mjs'

const NAME = 'ledger-faults'
const FORMS = {
  short: {
    aSecond: 40,
    kills: 2,
    workerKills: 1,
    outageSeconds: 2,
    calmSeconds: 1,
    awaySeconds: 3,
    flushedCalls: 40,
    times: 1,
  },
  long: {
    // of more the small disk would be full before Postgres is back
    aSecond: 100,
    kills: 10,
    workerKills: 10,
    outageSeconds: 15,
    calmSeconds: 5,
    awaySeconds: 25,
    flushedCalls: 400,
    times: 3,
  },
}

export async function run({ say, running, short, seed }) {
  const settings = { short, seed }
  const rows = await onSmallDisk({ module: import.meta.url, mib: FULL_DISK_MIB, settings, say, running })
  if (rows !== null) return rows
  const why = 'nobody may mount a disk here: neither root nor in a namespace of one’s own'
  return [
    ...(await runInside({ say, running, short, seed, disk: null })),
    notMeasured('disk-full: refused calls that had reached the upstream', 'calls', '<= 0', why),
  ]
}

/** @param {{ disk: string | null }} given a disk that can be filled, where there is one */
export async function runInside({ say, running, short, seed, disk }) {
  const { aSecond, ...form } = short ? FORMS.short : FORMS.long
  const tuning = {
    gateway: disk === null ? {} : gatewayOn(disk),
    controlPlane: SOON,
  }
  const world = await startDrillWorld({ say, running, aSecond, tuning })
  const rows = await allFaults(world, { ...form, disk, random: numbersFrom(seed) })
  return [...rows, ...(await oracleRows(NAME, world))]
}

async function allFaults(world, { disk, random, ...form }) {
  const faults = {
    'kill-gateway': async () => killRows(await killUnderLoad(world, { kills: form.kills, random })),
    'redis-killed': () => killRedis(world, form),
    'redis-flushed': () => flushRedis(world, { times: form.times, calls: form.flushedCalls }),
    'worker-killed': () => killWorker(world, { kills: form.workerKills, random }),
    'disk-full': () => (disk === null ? [] : fillDisk(world, { disk, times: form.times, random })),
    'postgres-down': () => stopPostgres(world, { seconds: form.awaySeconds }),
    'cross-tenant': () => reachAcross(world),
    'unfinished-calls': () => leaveUnfinished(world, { times: form.times, patienceSeconds: 45 }),
  }
  const rows = []
  for (const [name, fault] of Object.entries(faults)) {
    const begun = performance.now()
    rows.push(...(await fault()))
    world.say(`${name}: ${((performance.now() - begun) / 1000).toFixed(1)} s`)
  }
  return rows
}
