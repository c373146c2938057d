import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import {
  disclosureHolds,
  isFault,
  openBatch,
  sealedIn,
  sealingKey,
  sealTo,
  verifyEvidence,
} from '@writ/audit'
import { Bundle, Evidence } from '@writ/contracts'
import type { AuditRecord, HumanId, SubjectKey } from '@writ/contracts'
import { createTenantScope, ingestBatch, openDatabase, PlatformQueries } from '@writ/postgres'
import type { Database } from '@writ/postgres'
import { createRecordWorker } from '@writ/redis'
import type { RecordWorker } from '@writ/redis'
import { generateKeyPairSync } from 'node:crypto'
import { Client } from 'pg'
import { payloadOf } from '../bundles/current-bundle.ts'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import { PersonalFields } from './personal-fields.ts'

jest.setTimeout(60_000)

const NAME = 'Quirina Vandersloot'
const MAIL = 'quirina.vandersloot@mail-host.example'
const OTHER = 'Bartholomew Nobody'

let plane: ControlPlane
let owner: Client
let ledger: Database
let worker: RecordWorker

beforeAll(async () => {
  plane = await givenControlPlane()
  owner = new Client({ connectionString: plane.ownerUrl })
  await owner.connect()
  ledger = await openDatabase(plane.workerUrl, { poolSize: 2, applicationName: 'erasure spec' })
  worker = createRecordWorker({ kind: 'postgres', url: plane.workerUrl }, keep, () => {})
})
afterAll(async () => {
  await worker?.close()
  await ledger?.close()
  await owner?.end()
  await plane?.close()
})

async function keep(batch: Parameters<typeof openBatch>[0]): Promise<void> {
  const publicKey = await new PlatformQueries(ledger).nodeKeyOf(batch.node)
  const records = openBatch(batch, publicKey ?? '')
  if (isFault(records)) throw new Error(records.message)
  await ingestBatch(createTenantScope(ledger), { batch, records })
}

type Given = {
  readonly tenant: { readonly id: `ten_${string}`; readonly slug: string }
  readonly ask: (method: string, path: string, body?: unknown) => ReturnType<ControlPlane['ask']>
  readonly human: HumanId
  readonly other: HumanId
}

/** A human of whom administrative records say a great deal, and another one. */
async function given(name = NAME, email = MAIL): Promise<Given> {
  const { tenant, ownerKey } = await plane.newTenant()
  const ask = (method: string, path: string, body?: unknown) =>
    plane.ask(method, `/api/v1/${path}`, { key: ownerKey.key, ...(body !== undefined && { body }) })
  const { body: human } = await ask('POST', 'humans', { name, email })
  const { body: other } = await ask('POST', 'humans', { name: OTHER, email: 'other@mail-host.example' })
  await ask('PUT', `humans/${human.id}/roles`, { roles: ['auditor'] })
  return { tenant, ask, human: human.id, other: other.id }
}

async function bundleOf({ tenant }: Given): Promise<Bundle> {
  const [row] = await plane.query<{ signed: string }>(
    'select signed from writ.bundles where tenant_id = $1 order by version desc limit 1',
    [tenant.id],
  )
  return Bundle.parse(payloadOf(row?.signed ?? ''))
}

const subjectIn = (bundle: Bundle, id: HumanId): SubjectKey | undefined =>
  bundle.humans.find((human) => human.id === id)?.subject

const disclosed = ({ tenant }: Given, records: readonly unknown[]) =>
  plane.app.get(Tenancy).run(tenant, (db) => plane.app.get(PersonalFields).disclose(db, records))

async function settled({ ask }: Given, count: number): Promise<AuditRecord[]> {
  for (;;) {
    const { body } = await ask('GET', 'records/evidence')
    const { records } = Evidence.parse(body)
    if (records.length >= count) return records.map(({ bytes }) => JSON.parse(bytes))
    await new Promise((wait) => setTimeout(wait, 50))
  }
}

describe('the name of a human', () => {
  it('is sealed once, stays the same from bundle to bundle, and is sealed anew when it changes', async () => {
    const world = await given()
    const first = subjectIn(await bundleOf(world), world.human)
    await world.ask('POST', 'access-groups', { name: 'staff' })
    expect(subjectIn(await bundleOf(world), world.human)).toEqual(first)
    await plane.query(`update writ.humans set name = 'Quirina Renamed' where id = $1`, [world.human])
    await world.ask('POST', 'access-groups', { name: 'more staff' })
    const second = subjectIn(await bundleOf(world), world.human)
    expect(second?.id).toBe(first?.id)
    expect(second?.name.c).not.toBe(first?.name.c)
    const opened = await disclosed(world, [{ name: first?.name }, { name: second?.name }])
    const names = opened.map(({ disclosures }) => disclosures.map(({ value }) => value))
    expect(names).toEqual([[NAME], ['Quirina Renamed']])
  })

  it('opens for no other tenant, whatever it puts into its records', async () => {
    const [mine, theirs] = [await given(), await given()]
    const subject = subjectIn(await bundleOf(mine), mine.human)
    expect(await disclosed(theirs, [{ name: subject?.name }])).toEqual([{ disclosures: [], erased: [] }])
  })
})

describe('administrative records', () => {
  it('say of humans only what is sealed to them, and whoever may see it sees it', async () => {
    const world = await given()
    const records = await settled(world, 4)
    const text = JSON.stringify(records)
    for (const value of [NAME, MAIL, OTHER]) expect(text).not.toContain(value)
    const made = records.find(({ administration }) => administration?.target === world.human)
    const [{ disclosures } = { disclosures: [] }] = await disclosed(world, [made])
    expect(disclosures.map(({ path, value }) => [path, value])).toEqual([
      ['/administration/after/email', MAIL],
      ['/administration/after/name', NAME],
    ])
    for (const { path, sealed } of sealedIn(made)) {
      const opened = disclosures.find((one) => one.path === path)
      expect(opened && disclosureHolds(sealed, opened)).toBe(true)
    }
  })
})

/** Every text and every byte of every table, as it stands; of a signed bundle also what it says. */
async function everything(): Promise<Written[]> {
  const { rows: columns } = await owner.query<{ table: string; column: string; type: string }>(
    `select format('%I.%I', table_schema, table_name) as table, column_name as column, data_type as type
       from information_schema.columns join information_schema.tables using (table_schema, table_name)
      where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'
        and data_type in ('text', 'bytea', 'jsonb', 'json', 'ARRAY', 'character varying')`,
  )
  expect(columns.length).toBeGreaterThan(100)
  const found: Written[] = []
  for (const { table, column, type } of columns) {
    const shown = type === 'bytea' ? `encode("${column}", 'escape')` : `"${column}"::text`
    const { rows } = await owner.query<{ text: string | null }>(`select ${shown} as text from ${table}`)
    for (const { text } of rows)
      if (text !== null) found.push({ place: `${table}.${column}`, text: text + legible(text) })
  }
  return found
}

type Written = { readonly place: string; readonly text: string }

const placesOf = (all: readonly Written[], value: string): string[] => [
  ...new Set(all.filter(({ text }) => text.includes(value)).map(({ place }) => place)),
]

const JWS = /^[\w-]+\.[\w-]+\.[\w-]+$/
const legible = (text: string): string =>
  JWS.test(text) ? Buffer.from(text.split('.')[1] ?? '', 'base64url').toString('utf8') : ''

const erase = ({ ask, human }: Given, named: string = human) =>
  ask('POST', `humans/${human}/erasure`, { human: named, reason: 'request' })

describe('erasing a human', () => {
  it('takes two steps and says twice whom it is about', async () => {
    const world = await given()
    expect((await erase(world)).status).toBe(409)
    await world.ask('POST', `humans/${world.human}/suspend`)
    expect((await erase(world, world.other)).status).toBe(400)
    expect((await erase(world)).status).toBe(200)
    expect((await erase(world)).status).toBe(409)
    expect((await world.ask('POST', `humans/${world.human}/restore`)).body).toMatchObject({
      name: 'erased',
      status: 'erased',
      roles: [],
      identities: [],
    })
  })

  it('waits while records are held for a case, unless they are those of somebody else', async () => {
    const world = await given()
    await world.ask('POST', `humans/${world.human}/suspend`)
    const other = await world.ask('POST', 'audit/holds', {
      reason: 'of another',
      filter: { human: world.other },
    })
    const held = await world.ask('POST', 'audit/holds', { reason: 'a case' })
    expect([other.status, held.status]).toEqual([201, 201])
    expect((await erase(world)).status).toBe(409)
    await world.ask('POST', `audit/holds/${held.body.id}/release`, { reason: 'it is over' })
    expect((await erase(world)).status).toBe(200)
  })

  it('leaves no value anywhere, and every record, proof and signature as it was', async () => {
    // The names of the others are in the same tables.
    const [name, mail] = ['Zenobia Quackenbush', 'zenobia.quackenbush@mail-host.example']
    const world = await given(name, mail)
    const before = await settled(world, 4)
    const evidence = Evidence.parse((await world.ask('GET', 'records/evidence')).body)
    const excerpt = sealedElsewhere(subjectIn(await bundleOf(world), world.human))
    const kept = [...before, { request: { excerpt } }]
    expect(
      (await disclosed(world, kept)).flatMap(({ disclosures }) => disclosures.map(({ value }) => value)),
    ).toEqual(expect.arrayContaining([name, mail, 'write to the bank']))
    expect(placesOf(await everything(), name)).toEqual(
      expect.arrayContaining(['writ.humans.name', 'writ.bundles.signed']),
    )
    await world.ask('POST', `humans/${world.human}/suspend`)
    const { body } = await erase(world)
    expect(body).toMatchObject({ subject: world.human, key: excerpt.key, reason: 'request' })
    expect(body.bundles).toBeGreaterThan(2)

    const after = await settled(world, 6)
    const all = await everything()
    for (const value of [name, 'Quackenbush', mail, Buffer.from(name).toString('base64url')])
      expect([value, placesOf(all, value)]).toEqual([value, []])
    expect(placesOf(all, OTHER)).toContain('writ.humans.name')

    const opened = await disclosed(world, [...after, { request: { excerpt } }])
    const values = opened.flatMap(({ disclosures }) => disclosures.map(({ value }) => value))
    expect(values).toContain(OTHER)
    for (const value of [name, mail, 'write to the bank']) expect(values).not.toContain(value)
    expect(opened.at(-1)).toEqual({ disclosures: [], erased: ['/request/excerpt'] })

    const now = Evidence.parse((await world.ask('GET', 'records/evidence')).body)
    expect(verifyEvidence(now).faults).toEqual([])
    expect(now.records.slice(0, evidence.records.length)).toEqual(evidence.records)
    expect(verifyEvidence(evidence).faults).toEqual([])
    expect(after.at(-1)).toMatchObject({
      kind: 'erasure',
      erasure: { subject: world.human, key: excerpt.key, reason: 'request' },
      administration: { permission: 'humans.erase', target: world.human },
    })
  })

  it('leaves no key to seal to, not even when the human is met again', async () => {
    const world = await given()
    await world.ask('POST', `humans/${world.human}/suspend`)
    await erase(world)
    await world.ask('POST', 'access-groups', { name: 'staff' })
    expect((await bundleOf(world)).humans.map(({ id }) => id)).not.toContain(world.human)
    const [{ count } = { count: -1 }] = await plane.query<{ count: number }>(
      `select count(*)::int as count from writ.subject_keys where human_id = $1 and sealed_private is not null`,
      [world.human],
    )
    expect(count).toBe(0)
  })

  it('lets nobody say anew who that human is at an identity provider, also while it is under way', async () => {
    const world = await given()
    const { body: sso } = await world.ask('POST', 'sso-connections', {
      name: 'idp',
      issuer: 'https://idp.example',
      clientId: 'writ',
      clientSecret: 'secret-of-the-specs',
    })
    const link = (subject: string) =>
      world.ask('POST', `humans/${world.human}/identities`, { sso: sso.id, subject })
    await world.ask('POST', `humans/${world.human}/suspend`)
    const ids = [world.tenant.id, world.human]
    const meanwhile = await plane.app.get(Tenancy).run(world.tenant, async (db) => {
      await db.rows('select 1 from writ.humans where tenant_id = $1 and id = $2 for update', [world.human])
      const linking = link('quirina-at-once')
      await new Promise((wait) => setTimeout(wait, 500))
      await db.rows(`update writ.humans set status = 'erased' where tenant_id = $1 and id = $2`, [
        world.human,
      ])
      return { linking }
    })
    expect([(await meanwhile.linking).status, (await link('quirina-later')).status]).toEqual([409, 409])
    expect(
      await plane.query('select 1 from writ.human_identities where tenant_id = $1 and human_id = $2', ids),
    ).toEqual([])
  })
})

/** As an enforcement point seals an excerpt. */
function sealedElsewhere(subject: SubjectKey | undefined) {
  if (!subject) throw new Error('the bundle has a key of that human')
  const key = sealingKey(subject, generateKeyPairSync('x25519').privateKey)
  return sealTo(key, 'write to the bank', {
    salt: new Uint8Array(32).fill(9),
    nonce: new Uint8Array(12).fill(9),
  })
}
