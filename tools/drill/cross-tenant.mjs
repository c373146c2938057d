// Somebody of one tenant, with the queue, the roles of the services and the API at hand, reaches for the records of another (fault drill 24).
import { setTimeout as sleep } from 'node:timers/promises'
import { result } from '../bench/figures.mjs'
import { evidenceOf, untilShipped } from './ledger/oracle.mjs'
import { forgeries } from './ledger/forged.mjs'
import { probeRoles } from './ledger/roles.mjs'
import { asOwner } from './ledger/owner.mjs'
import { none, oracleRows } from './ledger/rows.mjs'
import { startDrillWorld } from './ledger/world.mjs'

const NAME = 'cross-tenant'
const PATIENCE_MS = 30_000

export async function run({ say, running }) {
  const world = await startDrillWorld({ say, running })
  await world.load.more(200)
  const rows = await reachAcross(world)
  return [...rows, ...(await oracleRows(NAME, world))]
}

export async function reachAcross(world) {
  const { load, say } = world
  await load.pause()
  await untilShipped(world)
  const forged = await forge(world)
  say('asking with the key of another tenant …')
  const asked = await askAcross(world)
  const roles = await probeRoles(world)
  load.resume()
  return [...forged, asked, ...roles]
}

async function forge(world) {
  const [{ id: mine }, { id: theirs }] = world.tenants
  const batch = genuineBatch(await evidenceOf(world, world.tenants[0]))
  const made = forgeries({ batch, mine, theirs })
  await enqueue(world, made)
  const aside = await asideOf(world, made.length)
  const genuine = new Set(batch.records)
  const texts = made.flatMap(([, { records }]) => records).filter((text) => !genuine.has(text))
  const landed =
    (await foundIn(world, mine, texts)) + (await foundIn(world, theirs, [...texts, ...batch.records]))
  return [
    none(
      `${NAME}: records that forged batches added`,
      landed,
      'records',
      made.map(([title]) => title).join('; '),
    ),
    result({
      name: `${NAME}: forged batches that are kept aside, with the reason`,
      value: aside.length,
      unit: 'batches',
      atLeast: made.length,
      detail: [...new Set(aside.map(({ reason, detail }) => `${reason}: ${detail.slice(0, 60)}`))].join('; '),
    }),
  ]
}

function genuineBatch({ streams, records }) {
  const [batch] = streams
    .flatMap(({ batches }) => batches)
    .filter(({ count }) => count > 1)
    .toSorted((one, other) => other.fromSeq - one.fromSeq)
  const { count, ...named } = batch
  const within = records
    .filter(
      ({ stream, seq }) => stream === batch.stream && seq >= batch.fromSeq && seq < batch.fromSeq + count,
    )
    .toSorted((one, other) => one.seq - other.seq)
  return { ...named, records: within.map(({ bytes }) => bytes) }
}

/** Into every queue of records that there is, as BullMQ itself would add it. */
async function enqueue({ redis }, made) {
  const { Queue } = await import('bullmq')
  const keys = await redis.command('KEYS', 'writ:*:meta')
  const names = keys.map((key) => key.split(':')[1]).filter((name) => name.startsWith('records'))
  const { hostname, port, password } = new URL(redis.url)
  const connection = { host: hostname, port: Number(port), password }
  for (const name of names.slice(0, 1)) {
    const queue = new Queue(name, { connection, prefix: 'writ' })
    for (const [, batch] of made) await queue.add('batch', batch, { removeOnComplete: true, attempts: 3 })
    await queue.close()
  }
}

async function asideOf({ platform }, wanted) {
  for (let waitedMs = 0; ; waitedMs += 250) {
    const rows = await asOwner(platform, async (client) => {
      const found = await client.query('select reason, detail from writ.audit_quarantine')
      return found.rows
    })
    if (rows.length >= wanted || waitedMs > PATIENCE_MS) return rows
    await sleep(250)
  }
}

const foundIn = ({ platform }, tenant, texts) =>
  asOwner(platform, async (client) => {
    await client.query("select set_config('app.tenant_id', $1, false)", [tenant])
    const { rows } = await client.query(
      'select count(*)::int as found from writ.records where tenant_id = $1 and bytes = any($2::bytea[])',
      [tenant, texts.map((text) => Buffer.from(text))],
    )
    return rows[0].found
  })

/** Everything that one tenant names, asked for with the key of the other. */
async function askAcross({ tenants: [mine, theirs], platform }) {
  const evidence = await evidenceOf({ platform }, theirs)
  const record = JSON.parse(evidence.records.find(({ bytes }) => bytes.includes('"kind":"opened"')).bytes)
  const agent = encodeURIComponent(record.agent.id)
  const decision = encodeURIComponent(record.decisionId)
  const paths = [
    `records?agent=${agent}&limit=500`,
    `records?decision=${decision}`,
    `records?session=${encodeURIComponent(record.session)}`,
    `records?human=${encodeURIComponent(record.human.id)}`,
    `records?limit=500`,
    'records/evidence',
    `records/lineage?decision=${decision}`,
    `records/lineage?session=${encodeURIComponent(record.session)}`,
    `audit/packs`,
    'audit/checkpoint',
    `agents/${agent}`,
    `humans/${encodeURIComponent(record.human.id)}`,
  ]
  const leaked = []
  for (const path of paths) {
    const said = await mine.admin('GET', path).then(JSON.stringify, () => '')
    if (marksOf(theirs, record).some((mark) => said.includes(mark))) leaked.push(path)
  }
  return none(
    `${NAME}: answers of the API that hold anything of another tenant`,
    leaked.length,
    'answers',
    leaked.join('; ') || `${paths.length} were asked for of ${platform.controlPlaneUrl}`,
  )
}

/** What only the other tenant's own records say; what was asked for by name may come back as an echo. */
const marksOf = ({ id }, { agent, stream }) => [id, agent.name, stream]
