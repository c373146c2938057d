// The audit worker is killed in the middle of batches, and then one record kills every worker that looks into it: each record lands once (fault drill 8).
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { result } from '../bench/figures.mjs'
import { ordinaryBacklog } from './ledger/backlog.mjs'
import { framesOn, waitingAt } from './ledger/oracle.mjs'
import { none, oracleRows } from './ledger/rows.mjs'
import { startDrillWorld } from './ledger/world.mjs'
import { drainedRow } from './redis-killed.mjs'
import { numbersFrom, pick } from './soak/dice.mjs'

const NAME = 'worker-killed'
const FORMS = { long: { kills: 20, hasPoison: true }, short: { kills: 3, hasPoison: false } }
const LANDED_SECONDS = 120
const LEAST_DEATHS = 6

export async function run({ say, running, short, seed, cases }) {
  const form = short ? FORMS.short : FORMS.long
  const random = numbersFrom(seed)
  const poison = openPoison(running)
  const world = await startDrillWorld({
    say,
    running,
    aSecond: short ? 120 : 300,
    tuning: { auditWorker: poison.environment },
  })
  const rows = await killWorker(world, { kills: cases ?? form.kills, random })
  if (form.hasPoison) rows.push(...(await poisonWorker(world, poison, random)))
  return [...rows, ...(await oracleRows(NAME, world, { patienceMs: 180_000 }))]
}

/** Kills it while it is at work, and starts it again. */
export async function killWorker({ load, platform, gateway }, { kills, random }) {
  await load.more(50)
  const ordinary = await ordinaryBacklog(gateway, 1)
  const begun = performance.now()
  for (let kill = 0; kill < kills; kill += 1) {
    await load.more(10)
    await sleep(random() * 400)
    await platform.auditWorker.kill()
    await load.more(5)
    await platform.auditWorker.restart()
  }
  const seconds = await drainedOf(gateway, ordinary, 2 * LANDED_SECONDS)
  return [
    drainedRow(
      NAME,
      seconds,
      LANDED_SECONDS,
      `after ${kills} kills in ${Math.round((performance.now() - begun) / 1000)} s, calls going on`,
    ),
  ]
}

/** A file that names the record that kills. */
function openPoison(running) {
  const folder = mkdtempSync(join(tmpdir(), 'writ-poison-'))
  running.add('poison', () => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'decision')
  const hook = new URL('ledger/poison-hook.mjs', import.meta.url).href
  return {
    environment: { NODE_OPTIONS: `--import ${hook}`, WRIT_DRILL_POISON: file },
    name: (decision) => writeFileSync(file, decision),
  }
}

async function poisonWorker(world, poison, random) {
  const { load, platform, gateway, say, running } = world
  const ordinary = await ordinaryBacklog(gateway, 1)
  process.kill(platform.auditWorker.pid, 'SIGSTOP')
  await load.more(200)
  const opened = framesOn(world.nodes)
    .map(({ bytes }) => JSON.parse(bytes))
    .filter(({ kind }) => kind === 'opened')
  const { decisionId, tenant } = pick(random, opened.slice(-150))
  poison.name(decisionId)
  await platform.auditWorker.kill()
  say('one record kills every worker …')
  const deaths = keepAlive(platform.auditWorker, running)
  const seconds = await drainedOf(gateway, ordinary, 3 * LANDED_SECONDS)
  const { quarantined, leaves } = await whatBecameOf(world, { decisionId, tenant })
  return [
    result({
      name: `${NAME}: workers that the record killed`,
      value: deaths.length - 1,
      unit: 'workers',
      atLeast: LEAST_DEATHS,
      detail: `so that it is poison; one more is started whenever one has died: seconds from one to the next ${intervalsOf(deaths)}`,
    }),
    drainedRow(
      `${NAME}, poisoned`,
      seconds,
      LANDED_SECONDS,
      'all others of its batch, and what came behind them',
    ),
    none(
      `${NAME}: records in quarantine beside it`,
      besideIn(quarantined, decisionId),
      'records',
      placesIn(quarantined),
    ),
    none(
      `${NAME}: the record is not kept aside, or has no leaf`,
      Number(!quarantined.some((text) => text.includes(decisionId))) + Number(leaves !== 1),
      'faults',
      `${quarantined.length} kept aside as poison; ${leaves} of its leaves in the ledger, with its bytes`,
    ),
  ]
}

/** Records that are kept aside and are not the one that kills. */
const besideIn = (quarantined, decisionId) =>
  quarantined.reduce(
    (sum, text) => sum + (text.match(/decisionId/g) ?? []).length - Number(text.includes(decisionId)),
    0,
  )

/** Which they are, of their streams. */
const placesIn = (quarantined) =>
  quarantined.map((text) => `${/"kind":"(\w+)"/.exec(text)?.[1]} ${/"seq":(\d+)/.exec(text)?.[1]}`).join(', ')

const intervalsOf = (deaths) =>
  deaths
    .slice(1)
    .map((at, before) => ((at - deaths[before]) / 1000).toFixed(1))
    .join(', ')

/**
 * Starts one more whenever one has died, until the drill is over.
 * @returns when each died; the first of them by our own hand
 */
function keepAlive(worker, running) {
  const deaths = []
  const over = new AbortController()
  const reviving = (async () => {
    while (!over.signal.aborted) {
      if (!isAlive(worker.pid)) {
        deaths.push(performance.now())
        // It may die again before it is ready.
        await worker.restart().catch(() => {})
      }
      await sleep(100)
    }
  })()
  running.add('who starts workers again', async () => {
    over.abort()
    await reviving
  })
  return deaths
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function drainedOf(gateway, ordinary, patienceSeconds) {
  const begun = performance.now()
  for (;;) {
    const seconds = (performance.now() - begun) / 1000
    const waiting = await waitingAt(gateway)
    if ((waiting !== null && waiting <= ordinary) || seconds > patienceSeconds) return seconds
    await sleep(100)
  }
}

async function whatBecameOf({ platform }, { decisionId, tenant }) {
  const client = new Client({ connectionString: platform.ownerUrl })
  await client.connect()
  try {
    await client.query("select set_config('app.tenant_id', $1, false)", [tenant])
    const aside = await client.query("select batch from writ.audit_quarantine where reason = 'poison'")
    const kept = await client.query(
      `select count(*)::int as leaves from writ.records
        where tenant_id = $1 and position($2::bytea in bytes) > 0 and position('"kind":"opened"'::bytea in bytes) > 0`,
      [tenant, Buffer.from(decisionId)],
    )
    return { quarantined: aside.rows.map(({ batch }) => batch.toString()), leaves: kept.rows[0].leaves }
  } finally {
    await client.end()
  }
}
