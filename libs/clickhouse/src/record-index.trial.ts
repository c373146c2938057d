import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { extendStream, sealRecord, startOfStream } from '@writ/audit'
import type { AuditLedger, RecordFields, StoredLeaf } from '@writ/audit'
import { describeIndex } from '@writ/audit/suites'
import { formatId, streamIdOf, TenantId } from '@writ/contracts'
import type { RecordFilter } from '@writ/contracts'
import { catchUp } from './catch-up.ts'
import { createClickHouse } from './client.ts'
import type { ClickHouse } from './client.ts'
import { createClickHouseIndex } from './record-index.ts'
import { currentTable } from './tables.ts'

jest.setTimeout(120_000)

const database = `writ_${randomBytes(4).toString('hex')}`
const url = process.env['WRIT_TEST_CLICKHOUSE_URL'] ?? ''
let clickHouse: ClickHouse
let table: string

beforeAll(async () => {
  const admin = createClickHouse({ url, database: 'default' })
  await admin.run(`CREATE DATABASE ${database}`)
  await admin.close()
  clickHouse = createClickHouse({ url, database })
  table = await currentTable(clickHouse)
})
afterAll(async () => {
  await clickHouse?.run(`DROP DATABASE ${database}`)
  await clickHouse?.close()
})

const id = <P extends 'ten' | 'nod' | 'boo' | 'dec' | 'hum' | 'agt' | 'ses' | 'con'>(
  prefix: P,
): `${P}_${string}` => formatId(prefix, Date.now(), randomBytes(10))
const newTenant = async (): Promise<TenantId> => TenantId.parse(id('ten'))
const index = () => createClickHouseIndex(clickHouse, table)

/** Leaves as a ledger would have them, across the end of a month. */
function leavesOf(
  tenant: TenantId,
  count: number,
  fields: (seq: number) => Partial<RecordFields>,
): StoredLeaf[] {
  const node = id('nod')
  let position = startOfStream(streamIdOf(node, id('boo'), tenant))
  return Array.from({ length: count }, (_, seq) => {
    const sealed = sealRecord({ ...fieldsOf(tenant, node), ...fields(seq) }, position)
    position = extendStream(position, sealed.sha256)
    const ingestedAt = new Date(Date.UTC(2026, 10, 30, 23, 59, 0) + seq * 1000)
    return { leafIndex: seq, bytes: Buffer.from(sealed.bytes), ingestedAt }
  })
}

const fieldsOf = (tenant: TenantId, node: `nod_${string}`): RecordFields => ({
  kind: 'closed',
  decisionId: id('dec'),
  tenant,
  at: '2026-01-02T03:04:05.006Z',
  channel: 'gateway',
  human: null,
  agent: { id: id('agt'), name: 'researcher' },
  delegators: [],
  session: id('ses'),
  keyThumbprint: null,
  connection: { id: id('con'), name: 'demo' },
  action: null,
  outcome: 'allow',
  refusal: null,
  outbound: null,
  inbound: null,
  bundle: null,
  credential: null,
  request: null,
  response: null,
  administration: null,
  local: null,
  finding: null,
  durationMicros: 1200,
  gateway: { node, build: 'test' },
})

async function feed(
  tenant: TenantId,
  count: number,
  fields: (seq: number) => Partial<RecordFields>,
): Promise<readonly StoredLeaf[]> {
  const leaves = leavesOf(tenant, count, fields)
  for (let from = 0; from < count; from += 150) await index().load(tenant, leaves.slice(from, from + 150))
  return leaves
}

describeIndex('in ClickHouse', () => ({ index: index(), newTenant, feed }))

describe('loading', () => {
  it('wants what comes next, and says what', async () => {
    const tenant = await newTenant()
    const leaves = leavesOf(tenant, 10, () => ({}))
    await index().load(tenant, leaves.slice(0, 3))
    await expect(index().load(tenant, leaves.slice(5))).rejects.toThrow('wants leaf 3')
    expect(await index().loadedTo(tenant)).toBe(3)
  })

  it('by two at once changes nothing of the answers', async () => {
    const tenant = await newTenant()
    const leaves = leavesOf(tenant, 200, () => ({}))
    await Promise.all([index().load(tenant, leaves), index().load(tenant, leaves)])
    const { leaves: found } = await index().page(tenant, { filter: {}, order: 'oldest', limit: 500 })
    expect(found).toHaveLength(200)
    expect((await index().counts(tenant, { filter: {}, field: 'outcome', most: 5 })).values).toEqual([
      { value: 'allow', records: 200 },
    ])
  })

  it('keeps bytes that are no record, as they are', async () => {
    const tenant = await newTenant()
    const bytes = Buffer.from([0, 255, 39, 92, 10, 123])
    await index().load(tenant, [{ leafIndex: 0, bytes, ingestedAt: new Date() }])
    const [leaf] = (await index().page(tenant, { filter: { kind: 'unreadable' }, order: 'newest', limit: 5 }))
      .leaves
    expect(Buffer.from(leaf?.bytes ?? [])).toEqual(bytes)
  })

  it('finds bytes that are no record whatever is asked, for the ledger to say whether it asked for them, and counts them nowhere', async () => {
    const tenant = await newTenant()
    const [first, second] = leavesOf(tenant, 2, () => ({ outcome: 'deny' }))
    if (!first || !second) throw new Error('two were made')
    await index().load(tenant, [first, { ...second, bytes: Buffer.from('X') }])
    const from = '2099-01-01T00:00:00.000Z'
    const cases: readonly (readonly [RecordFilter, readonly number[]])[] = [
      [{ outcome: 'deny' }, [0, 1]],
      [{ outcome: 'allow' }, [1]],
      [{ outcome: 'deny', from }, [1]],
      [{ kind: 'unreadable' }, [1]],
    ]
    for (const [filter, found] of cases)
      expect([filter, (await index().find(tenant, { filter, order: 'oldest', limit: 5 })).leaves]).toEqual([
        filter,
        found,
      ])
    const { leaves } = await index().page(tenant, { filter: { outcome: 'deny' }, order: 'oldest', limit: 5 })
    expect(leaves.map(({ leafIndex }) => leafIndex)).toEqual([0])
    expect(
      await index().counts(tenant, { filter: { outcome: 'deny' }, field: 'tool', most: 5 }),
    ).toMatchObject({
      of: 1,
    })
  })

  it('takes what is searched for as text, whatever it looks like', async () => {
    const tenant = await newTenant()
    await index().load(
      tenant,
      leavesOf(tenant, 2, () => ({})),
    )
    for (const decision of ["' OR 1=1 --", "\\' OR 1=1 --", '%', '\0'])
      expect(
        (await index().page(tenant, { filter: { decision }, order: 'oldest', limit: 5 })).leaves,
      ).toEqual([])
  })

  it('counts values that agents chose as text, whatever they look like and however long they are', async () => {
    const tenant = await newTenant()
    const tools = ["') FORMAT Null; DROP TABLE x --", "\\' OR 1=1 --", '\0', "''", '\u2028"']
    await index().load(
      tenant,
      leavesOf(tenant, tools.length, (seq) => calling(tools[seq] ?? '')),
    )
    const values = [...tools, "' OR 1=1 --", ...Array.from({ length: 300 }, (_, at) => `${at}'`.repeat(500))]
    const counted = await index().countsOfValues(tenant, { filter: {}, field: 'tool', values })
    expect(counted.toSorted((one, other) => (one.value < other.value ? -1 : 1))).toEqual(
      tools.toSorted().map((value) => ({ value, records: 1 })),
    )
  })

  it('brings an empty index to where the ledger is, past what retention removed, and again without a change', async () => {
    const tenant = await newTenant()
    const leaves = leavesOf(tenant, 2500, (seq) => ({ outcome: seq % 2 === 0 ? 'deny' : 'allow' })).slice(700)
    const ledger = ledgerOf(leaves, 2500)
    expect(await catchUp(ledger, index(), tenant)).toBe(2500)
    expect(await catchUp(ledger, index(), tenant)).toBe(2500)
    const { values } = await index().counts(tenant, { filter: {}, field: 'outcome', most: 5 })
    expect(values).toEqual([
      { value: 'allow', records: 900 },
      { value: 'deny', records: 900 },
    ])
    const { leaves: first } = await index().page(tenant, { filter: {}, order: 'oldest', limit: 1 })
    expect(first[0]?.leafIndex).toBe(700)
  })

  it('goes past holes, with what stands before and behind them', async () => {
    const tenant = await newTenant()
    const all = leavesOf(tenant, 30, () => ({}))
    const kept = all.filter(({ leafIndex }) => leafIndex < 5 || (leafIndex >= 10 && leafIndex < 25))
    expect(await catchUp(ledgerOf(kept, 30), index(), tenant)).toBe(30)
    expect(await leavesIn(tenant)).toEqual(kept.map(({ leafIndex }) => leafIndex))
    expect(await index().loadedTo(tenant)).toBe(30)
  })

  it('forgets what the ledger forgot, and keeps its place even when that is everything', async () => {
    const tenant = await newTenant()
    await index().load(
      tenant,
      leavesOf(tenant, 20, () => ({})),
    )
    await index().forget(tenant, { from: 3, to: 15 })
    await until(async () => (await leavesIn(tenant)).length === 8)
    expect(await leavesIn(tenant)).toEqual([0, 1, 2, 15, 16, 17, 18, 19])
    await index().forget(tenant, { from: 0, to: 20 })
    await until(async () => (await leavesIn(tenant)).length === 0)
    expect(await index().loadedTo(tenant)).toBe(20)
    await expect(index().forget(tenant, { from: 21, to: 22 })).rejects.toThrow('lacks leaves')
  })
})

const calling = (tool: string): Partial<RecordFields> => ({
  action: { method: 'tools/call', tool, class: 'money', classSource: 'admin', resource: 'r' },
})

async function leavesIn(tenant: TenantId): Promise<number[]> {
  const { leaves } = await index().page(tenant, { filter: {}, order: 'oldest', limit: 500 })
  return leaves.map(({ leafIndex }) => leafIndex)
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const endMs = performance.now() + 20_000; !(await isSo()); await pause(50))
    if (performance.now() > endMs) throw new Error('it did not come to be in time')
}

/** Leaves as the port of the ledger hands them out. */
const ledgerOf = (leaves: readonly StoredLeaf[], size: number): Pick<AuditLedger, 'size' | 'leaves'> => ({
  size: () => Promise.resolve(size),
  leaves: async function* (_, { from, to }) {
    yield* leaves.filter(({ leafIndex }) => leafIndex >= from && leafIndex < to)
  },
})
