// The ledger's Postgres is away for minutes: policies are enforced, records wait on disks within their bound, and the ledger catches up (fault drill 12).
import { setTimeout as sleep } from 'node:timers/promises'
import { result } from '../bench/figures.mjs'
import { ordinaryBacklog, secondsUntilDrained } from './ledger/backlog.mjs'
import { sayingsOf } from './ledger/load.mjs'
import { spoolFilesBelow, waitingAt } from './ledger/oracle.mjs'
import { none, oracleRows } from './ledger/rows.mjs'
import { startDrillWorld } from './ledger/world.mjs'
import { statSync } from 'node:fs'

const NAME = 'postgres-down'
const MIB = 1024 * 1024
const FORMS = { long: { seconds: 180 }, short: { seconds: 4 } }
const SPOOL_MIB = 512
const TIMES_LIVE = 3

export async function run({ say, running, short }) {
  const world = await startDrillWorld({ say, running, aSecond: short ? 120 : 200 })
  const rows = await stopPostgres(world, short ? FORMS.short : FORMS.long)
  return [...rows, ...(await oracleRows(NAME, world))]
}

export async function stopPostgres(world, { seconds }) {
  const { load, gateway, postgres, say } = world
  await load.more(100)
  const ordinary = await ordinaryBacklog(gateway, 2)
  const downMs = Date.now()
  await postgres.down()
  say(`Postgres is away for ${seconds} s …`)
  const asked = await askControlPlane(world)
  await sleep(Math.max(0, downMs + seconds * 1000 - Date.now()))
  await untilDenied(load, downMs)
  const calls = load.during(downMs, Date.now())
  const spoolMib = spoolBytes(world) / MIB
  const waiting = (await waitingAt(gateway)) ?? 0
  const upMs = Date.now()
  await postgres.up()
  const caughtUp = await secondsUntilDrained(gateway, ordinary, 3 * seconds + 60)
  const liveRate = (load.during(upMs, Date.now()).length * RECORDS_A_CALL) / ((Date.now() - upMs) / 1000)
  return [
    ...enforcedRows(calls),
    result({
      name: `${NAME}: on the gateway’s disk`,
      value: spoolMib,
      unit: 'MiB',
      atMost: SPOOL_MIB,
      detail: `${waiting} records wait; the bound is what it is set to`,
    }),
    result({
      name: `${NAME}: catches up`,
      value: waiting / caughtUp + liveRate,
      unit: 'records/s',
      atLeast: TIMES_LIVE,
      of: 'ratio',
      peer: 'what came meanwhile',
      peerValue: liveRate,
      detail: `${waiting} records in ${caughtUp.toFixed(1)} s, beside those of calls that go on`,
    }),
    none(
      `${NAME}: answers of the control plane that do not say what is the matter`,
      asked.filter(({ status }) => status !== 503).length,
      'answers',
      `statuses ${asked.map(({ status }) => status).join(', ')}: a page that cannot read says so`,
    ),
  ]
}

/** On a busy machine few calls fit into seconds: it lasts until there was one that a rule forbids, a minute at most. */
async function untilDenied(load, fromMs) {
  const wasDenied = () => load.during(fromMs, Date.now()).some(({ said }) => said === 'denied')
  for (let waitedMs = 0; waitedMs < 60_000 && !wasDenied(); waitedMs += 200) await sleep(200)
}

const RECORDS_A_CALL = 2

function enforcedRows(calls) {
  const allowed = calls.filter(({ said }) => said === 'result').length
  const denied = calls.filter(({ said }) => said === 'denied').length
  return [
    none(
      `${NAME}: calls that were neither done nor denied`,
      calls.length - allowed - denied,
      'calls',
      sayingsOf(calls),
    ),
    result({
      name: `${NAME}: calls denied by a rule meanwhile`,
      value: denied,
      unit: 'calls',
      atLeast: 1,
      detail: 'one in ten asks for what a rule forbids',
    }),
  ]
}

async function askControlPlane({ platform, tenants: [tenant] }) {
  const paths = ['tenant', 'records?limit=1', 'agents', 'policies']
  const status = async (path) => {
    try {
      await tenant.admin('GET', path)
      return 200
    } catch (error) {
      return Number(/: (\d{3}) /.exec(error.message)?.[1] ?? 0)
    }
  }
  const asked = []
  for (const path of paths) asked.push({ path, status: await status(path), of: platform.controlPlaneUrl })
  return asked
}

const spoolBytes = ({ nodes }) =>
  nodes
    .flatMap(({ stateDir }) => spoolFilesBelow(stateDir))
    .reduce((sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0), 0)
