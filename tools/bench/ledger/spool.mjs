// What the ledger costs an enforcement point: two records a call, durable, shipped and let go of. The real spool on a real disk.
import { execFile } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { provideRedis } from '../../local/redis.mjs'
import { stateDirectory } from '../../state.mjs'
import { median, result } from '../figures.mjs'
import { TARGETS_MICROS } from '../yardstick.mjs'

const ROUNDS = 3
const IN_FLIGHT = [1, 16, 128]
const MOST_MICROS = 60
const MOST_VERIFICATIONS = Number((MOST_MICROS / TARGETS_MICROS).toFixed(2))
const CHILD = fileURLToPath(new URL('spool-child.mjs', import.meta.url))

/** @returns result rows */
export async function measureSpool({ running, say }) {
  const stateDir = join(stateDirectory(), `bench-spool-${process.pid}`)
  mkdirSync(stateDir, { recursive: true, mode: 0o711 })
  running.add('bench spool state', () => rmSync(stateDir, { recursive: true, force: true }))
  // never a server that was there before: the queue is emptied between the runs
  const redis = await provideRedis({ stateDir, env: { ...process.env, REDIS_URL: '' }, say })
  if (redis?.stop) running.add('redis', redis.stop)
  const carrier = redis?.url ?? 'carried'
  const runs = []
  for (let round = 0; round < ROUNDS; round += 1)
    for (const inFlight of IN_FLIGHT)
      for (const whereto of ['kept', carrier]) {
        const folder = join(stateDir, `spool-${runs.length}`)
        runs.push({ whereto, ...(await childRun([folder, String(inFlight), whereto])) })
        rmSync(folder, { recursive: true, force: true })
      }
  const of = (inFlight, whereto, name) =>
    median(runs.filter((run) => run.inFlight === inFlight && run.whereto === whereto).map((run) => run[name]))
  return IN_FLIGHT.flatMap((inFlight) =>
    rowsOf(inFlight, {
      of: (name) => of(inFlight, carrier, name),
      keptMicros: of(inFlight, 'kept', 'cpuMicros'),
      carrier: redis ? 'the queue in Redis' : 'a carrier that costs nothing',
    }),
  )
}

function rowsOf(inFlight, { of, keptMicros, carrier }) {
  const isJudged = inFlight === 16
  const cost = {
    value: of('cpuMicros'),
    unit: 'us CPU per call',
    peer: 'one ES256 verification, same processes',
    peerValue: of('es256Micros'),
  }
  return [
    result({
      name: `ledger.cpu.${inFlight}`,
      ...cost,
      ...(isJudged ? { atMost: MOST_MICROS } : {}),
      detail: `both records, frames of ${of('frameBytes')} bytes, in all threads; ${inFlight} in flight, medians of ${ROUNDS} runs; shipped to ${carrier}, ${keptMicros.toFixed(0)} us without shipping`,
    }),
    result({
      name: `ledger.cpu.${inFlight}.verifications`,
      ...cost,
      ...(isJudged ? { of: 'ratio', atMost: MOST_VERIFICATIONS } : {}),
      detail: `the same, in what a verification takes on this machine now: ${MOST_MICROS} us are ${MOST_VERIFICATIONS} of one where it takes ${TARGETS_MICROS}`,
    }),
    result({
      name: `ledger.spool.${inFlight}`,
      value: of('p50Ms'),
      unit: 'ms p50',
      detail: `until a record is durable; ${of('recordsPerCommit').toFixed(1)} records a commit`,
    }),
    result({
      name: `ledger.spool.${inFlight}.p99`,
      value: of('p99Ms'),
      unit: 'ms p99',
      detail: 'the same, the slowest hundredth',
    }),
  ]
}

async function childRun(words) {
  const { stdout } = await promisify(execFile)(process.execPath, [CHILD, ...words], { timeout: 120_000 })
  return JSON.parse(stdout.trim().split('\n').at(-1))
}
