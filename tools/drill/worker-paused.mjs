// The audit worker stands still beyond its lock in the middle of a batch, another takes over, and then both work at the same batch (fault drill 9).
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { result } from '../bench/figures.mjs'
import { jobsIn } from './ledger/backlog.mjs'
import { secondWorker } from './ledger/processes.mjs'
import { oracleRows } from './ledger/rows.mjs'
import { startDrillWorld } from './ledger/world.mjs'

const NAME = 'worker-paused'
/** the lock of a batch, and the time until somebody notices that it has expired */
const BEYOND_LOCK_SECONDS = 25
const FORMS = { long: { times: 5 }, short: { times: 1 } }
const TRIES = 400

export async function run({ say, running, short }) {
  const world = await startDrillWorld({ say, running, aSecond: short ? 120 : 200 })
  const rows = await pauseWorker(world, short ? FORMS.short : FORMS.long)
  return [...rows, ...(await oracleRows(NAME, world))]
}

export async function pauseWorker(world, { times }) {
  const { load, platform, redis, say } = world
  await load.more(50)
  const other = await secondWorker(platform, redis)
  const taken = []
  let [first, second] = [platform.auditWorker, other]
  for (let time = 1; time <= times; time += 1) {
    const batches = await stoppedAtWork(first, redis)
    const before = await recordsIn(world)
    say(`a worker stands still over ${batches} batches, ${time} of ${times} …`)
    await sleep(BEYOND_LOCK_SECONDS * 1000)
    const stored = (await recordsIn(world)) - before
    process.kill(first.pid, 'SIGCONT')
    taken.push({ batches, stored })
    await load.more(50)
    ;[first, second] = [second, first]
  }
  return [
    result({
      name: `${NAME}: batches that it held`,
      value: Math.min(...taken.map(({ batches }) => batches)),
      unit: 'batches',
      atLeast: 1,
      detail: `the fewest of ${times} times: it was stopped while it held the lock of at least one`,
    }),
    result({
      name: `${NAME}: records that others stored meanwhile`,
      value: Math.min(...taken.map(({ stored }) => stored)),
      unit: 'records',
      atLeast: 1,
      detail: `within ${BEYOND_LOCK_SECONDS} s, the fewest of ${times} times`,
    }),
  ]
}

/** Stops it again and again until that happens in the middle of a batch. */
async function stoppedAtWork(worker, redis) {
  for (let tried = 0; tried < TRIES; tried += 1) {
    process.kill(worker.pid, 'SIGSTOP')
    const batches = await jobsIn(redis, 'active')
    if (batches > 0) return batches
    process.kill(worker.pid, 'SIGCONT')
    await sleep(7 + (tried % 13))
  }
  throw new Error('the worker was never met at work')
}

async function recordsIn({ platform, tenants }) {
  const client = new Client({ connectionString: platform.ownerUrl })
  await client.connect()
  try {
    let records = 0
    for (const { id } of tenants) {
      await client.query("select set_config('app.tenant_id', $1, false)", [id])
      const { rows } = await client.query(
        'select coalesce(max(size), 0)::float8 as size from writ.tenant_logs where tenant_id = $1',
        [id],
      )
      records += rows[0].size
    }
    return records
  } finally {
    await client.end()
  }
}
