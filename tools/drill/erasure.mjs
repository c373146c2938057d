// A human is erased under load: no value of theirs can be had any more from ledger, tables or state folders, and every record, proof and old evidence verifies (fault drill 29).
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { verifyEvidence } from '@writ/audit'
import { Evidence } from '@writ/contracts'
import { result } from '../bench/figures.mjs'
import { evidenceOf, untilShipped } from './ledger/oracle.mjs'
import { asOwner } from './ledger/owner.mjs'
import { none, oracleRows } from './ledger/rows.mjs'
import { startDrillWorld } from './ledger/world.mjs'

const NAME = 'erasure'
const FORMS = { long: 20_000, short: 200 }
const PERSON = { name: 'Zenobia Quackenbush', email: 'zenobia.quackenbush@mail-host.example' }
const PATIENCE_MS = 20_000
const LONGEST_SECONDS = 3600
const SHOWN = 5

export async function run({ say, running, short }) {
  const world = await startDrillWorld({ say, running, aSecond: short ? 120 : 300 })
  const rows = await eraseUnderLoad(world, { calls: short ? FORMS.short : FORMS.long })
  return [...rows, ...(await oracleRows(NAME, world))]
}

export async function eraseUnderLoad(world, { calls }) {
  const { load, say, tenants } = world
  const [{ admin }] = tenants
  const humans = await prepared(admin)
  say(`${calls} calls …`)
  await load.more(calls, 30 * calls + 60_000)
  const before = await stillLook(world, () => lookAt(admin))
  const needles = [...humans.flatMap(({ needles: own }) => own), ...before.seen.excerpts.slice(0, 50)]
  const held = await placesOf(world, needles)
  const seconds = await erased(admin, humans)
  await load.more(50)
  const after = await stillLook(world, () => lookAt(admin, before.seen.last))
  const found = await untilNowhere(world, needles)
  return rowsOf({ before, after, held, found, seconds })
}

/** Ada, whose agents call, and somebody of whom only administrative records, bundles and tables say anything. */
async function prepared(admin) {
  await admin('PATCH', 'tenant', { excerpts: 'all' })
  const caller = (await admin('GET', 'humans')).items.find(({ name }) => name === 'Ada')
  const person = await admin('POST', 'humans', PERSON)
  await admin('PUT', `humans/${person.id}/roles`, { roles: ['auditor'] })
  return [
    { id: caller.id, needles: [caller.email] },
    { id: person.id, needles: [PERSON.name, PERSON.email] },
  ]
}

/** With nothing on its way. */
async function stillLook(world, look) {
  const [tenant] = world.tenants
  await world.load.pause()
  await untilShipped(world)
  const seen = await look()
  const evidence = Evidence.parse(await evidenceOf(world, tenant))
  world.load.resume()
  return { seen, evidence }
}

const rowsOf = ({ before, after, held, found, seconds }) => [
  result({
    name: `${NAME}: values that could be opened before`,
    value: before.seen.values,
    unit: 'values',
    atLeast: 100,
    detail: `${before.seen.excerpts.length} excerpts among them, in ${before.seen.records} records`,
  }),
  result({
    name: `${NAME}: places that held one in clear before`,
    value: held.length,
    unit: 'places',
    atLeast: 3,
    detail: held.slice(0, SHOWN).join('; '),
  }),
  none(
    `${NAME}: excerpts that can be opened after it`,
    after.seen.excerpts.length,
    'values',
    `${after.seen.erased} values are told to be erased`,
  ),
  none(
    `${NAME}: places that still hold a value`,
    found.length,
    'places',
    found.slice(0, SHOWN).join('; ') || 'every column of every table, and the state folders of the services',
  ),
  ...evidenceRows(before.evidence, after.evidence),
  result({
    name: `${NAME}: until two humans are erased`,
    value: seconds,
    unit: 's',
    atMost: LONGEST_SECONDS,
    detail: 'suspended, key destroyed, tables and bundles cleared, bundle made anew',
  }),
]

const evidenceRows = (before, now) => [
  none(
    `${NAME}: faults of the evidence of before`,
    verifyEvidence(before).faults.length,
    'faults',
    `${before.records.length} records`,
  ),
  none(
    `${NAME}: faults of the evidence after it`,
    verifyEvidence(now).faults.length,
    'faults',
    `${now.records.length} records`,
  ),
  none(`${NAME}: records that are not what they were`, changedIn(before, now), 'records', 'byte for byte'),
]

async function erased(admin, humans) {
  const begun = performance.now()
  for (const { id } of humans) {
    await admin('POST', `humans/${id}/suspend`, {})
    await admin('POST', `humans/${id}/erasure`, { human: id, reason: 'request' })
  }
  return (performance.now() - begun) / 1000
}

/** What whoever may see it sees, up to a leaf. */
async function lookAt(admin, until = Infinity) {
  const seen = { records: 0, values: 0, erased: 0, excerpts: [], last: -1 }
  for (let after = -1; ;) {
    const { items, next } = await admin('GET', `records?limit=500&after=${after}`)
    for (const item of items.filter(({ leafIndex }) => leafIndex <= until)) {
      seen.records += 1
      seen.last = item.leafIndex
      const opened = item.disclosures ?? []
      seen.values += opened.length
      seen.erased += item.erased?.length ?? 0
      seen.excerpts.push(...opened.filter(({ path }) => path.endsWith('/excerpt')).map(({ value }) => value))
    }
    if (next === null || items.at(-1)?.leafIndex > until) return seen
    after = next
  }
}

function changedIn(before, now) {
  const bytes = new Map(now.records.map((record) => [record.leafIndex, record.bytes]))
  return before.records.filter((record) => bytes.get(record.leafIndex) !== record.bytes).length
}

/** Gateways take the new bundle a moment later. */
async function untilNowhere(world, needles) {
  for (let waitedMs = 0; ; waitedMs += 1000) {
    const found = await placesOf(world, needles)
    if (found.length === 0 || waitedMs >= PATIENCE_MS) return found
    await sleep(1000)
  }
}

const placesOf = async (world, needles) => [
  ...(await inTables(world, needles)),
  ...inFiles(join(world.dir, 'platform'), needles),
]

const COLUMNS = `select format('%I.%I', table_schema, table_name) as table, column_name as column, data_type as type
  from information_schema.columns join information_schema.tables using (table_schema, table_name)
 where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'
   and data_type in ('text', 'bytea', 'jsonb', 'json', 'ARRAY', 'character varying')`

const inTables = ({ platform }, needles) =>
  asOwner(platform, async (client) => {
    const { rows: columns } = await client.query(COLUMNS)
    const found = []
    for (const { table, column, type } of columns) {
      const shown = type === 'bytea' ? `encode("${column}", 'escape')` : `"${column}"::text`
      const { rows } = await client.query(
        `select count(*)::int as count from (select ${shown} as text from ${table}) as every
          where exists (select 1 from unnest($1::text[]) as needle where position(needle in text) > 0)`,
        [needles],
      )
      if (rows[0].count > 0) found.push(`${table}.${column}`)
    }
    return [...found, ...(await inBundles(client, needles))]
  })

/** A signed bundle says what it says in base64url. */
async function inBundles(client, needles) {
  const { rows } = await client.query('select signed from writ.bundles')
  const texts = rows.map(({ signed }) => legible(signed))
  return texts.some((text) => needles.some((needle) => text.includes(needle)))
    ? ['writ.bundles.signed, decoded']
    : []
}

const legible = (text) => Buffer.from(text.split('.')[1] ?? '', 'base64url').toString('utf8')

function inFiles(folder, needles) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry) => {
      const path = join(entry.parentPath ?? entry.path, entry.name)
      const text = readFileSync(path, 'latin1')
      const jws = [...text.matchAll(/[\w-]{20,}\.[\w-]{20,}\.[\w-]{20,}/g)]
        .map(([found]) => legible(found))
        .join('\n')
      return needles.some((needle) => text.includes(needle) || jws.includes(needle))
        ? [path.slice(folder.length)]
        : []
    })
}
