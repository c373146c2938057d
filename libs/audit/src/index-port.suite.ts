import { beforeAll, describe, expect, it } from '@jest/globals'
import type { AuditRecord, RecordFilter, RecordOrder, TenantId } from '@writ/contracts'
import { CountedField } from '@writ/contracts'
import { isFault } from './fault.ts'
import { readRecord } from './record.ts'
import type { RecordFields } from './record.ts'
import type { AuditIndex, StoredLeaf } from './ports.ts'
import { matchesFilter, valuesOf } from './terms.ts'

export type IndexWorld = {
  readonly index: AuditIndex
  readonly newTenant: () => Promise<TenantId>
  /** So many records of one stream into the tenant's log, and into the index by whatever way it is loaded. @returns the leaves */
  readonly feed: (
    tenant: TenantId,
    count: number,
    fields: (seq: number) => Partial<RecordFields>,
  ) => Promise<readonly StoredLeaf[]>
}

const DENIED_AND_ALL: readonly RecordFilter[] = [{ outcome: 'deny' }, {}]

type Known = { readonly leafIndex: number; readonly record: AuditRecord }

/**
 * What every index does: exactly what looking at each record would find.
 * @param records enough of them that the adapter's own bounds are passed
 */
export function describeIndex(name: string, world: () => IndexWorld, records = 600): void {
  describe(`the index ${name}`, () => {
    let tenant: TenantId
    let known: readonly Known[]

    beforeAll(async () => {
      tenant = await world().newTenant()
      const stranger = await world().newTenant()
      await world().feed(stranger, 20, varied)
      known = (await world().feed(tenant, records, varied)).map(({ leafIndex, bytes }) => ({
        leafIndex,
        record: recordIn(bytes),
      }))
    })

    const pages = async (filter: RecordFilter, order: RecordOrder, limit: number): Promise<number[][]> => {
      const found: number[][] = []
      let after: number | undefined
      for (let calls = 0; calls < 10_000; calls += 1) {
        const { leaves, next } = await world().index.page(tenant, { filter, order, limit, after })
        found.push(leaves.map(({ leafIndex }) => leafIndex))
        if (next === null) return found
        expect(order === 'oldest' ? next > (after ?? -1) : next < (after ?? Infinity)).toBe(true)
        after = next
      }
      throw new Error('the pages do not end')
    }
    const wanted = (filter: RecordFilter): number[] =>
      known.filter(({ record }) => matchesFilter(record, filter)).map(({ leafIndex }) => leafIndex)

    it('says up to where it answers', async () => {
      expect(await world().index.loadedTo(tenant)).toBe(records)
      expect(await world().index.loadedTo(await world().newTenant())).toBe(0)
    })

    it('finds, by every field and value, exactly the records that have it', async () => {
      const filters = everyFilter(known.map(({ record }) => record))
      expect(filters.length).toBeGreaterThan(30)
      for (const filter of filters)
        expect([filter, (await pages(filter, 'oldest', 500)).flat()]).toEqual([filter, wanted(filter)])
    })

    it('finds by several fields at once what has all of them', async () => {
      const { record } = present(known[Math.floor(records / 2)])
      const filters: RecordFilter[] = [
        { agent: present(record.agent).id, outcome: 'allow' },
        { agent: present(record.agent).id, outcome: 'deny', tool: 'tool-1' },
        { session: present(record.session), kind: 'closed', from: record.at },
        { outcome: 'deny', tool: 'nobody calls this' },
        { from: record.at, until: record.at },
        {},
      ]
      for (const filter of filters)
        expect([filter, (await pages(filter, 'oldest', 99)).flat()]).toEqual([filter, wanted(filter)])
    })

    it.each([1, 3, 50, 500])('comes in pages of %i from either end, none twice', async (limit) => {
      const filter: RecordFilter = { outcome: 'deny', tool: 'tool-1' }
      for (const order of ['oldest', 'newest'] as const) {
        const found = await pages(filter, order, limit)
        expect(found.every((page) => page.length <= limit)).toBe(true)
        expect(found.flat()).toEqual(order === 'oldest' ? wanted(filter) : wanted(filter).toReversed())
      }
    })

    it('counts each value as often as looking at each record does', async () => {
      for (const [at, field] of CountedField.options.entries())
        for (const filter of DENIED_AND_ALL.slice(at % 2, (at % 2) + 1)) {
          const counts = await world().index.counts(tenant, { filter, field, most: 100 })
          expect([field, counts.cut]).toEqual([field, null])
          expect([
            field,
            Object.fromEntries(counts.values.map(({ value, records: of }) => [value, of])),
          ]).toEqual([field, naive(known, filter, field)])
          expect(counts.of).toBe(wanted(filter).length)
          const order = counts.values.map(({ records: of }) => of)
          expect(order).toEqual([...order].sort((one, other) => other - one))
        }
    })

    it('counts, by every field and value, exactly what it finds', async () => {
      const bundle: RecordFilter = { sha256: present(known[0]?.record.bundle).sha256 }
      for (const filter of [...everyFilter(known.map(({ record }) => record)), bundle]) {
        const { of } = await world().index.counts(tenant, { filter, field: 'outcome', most: 1 })
        expect([filter, of]).toEqual([filter, wanted(filter).length])
      }
    })

    it('shows nothing of another tenant', async () => {
      const other = await world().newTenant()
      const { leaves, next } = await world().index.page(other, { filter: {}, order: 'newest', limit: 500 })
      expect([leaves, next]).toEqual([[], null])
      const session = present(known[0]?.record.session)
      expect(
        (await world().index.page(other, { filter: { session }, order: 'oldest', limit: 5 })).leaves,
      ).toEqual([])
      expect(await world().index.counts(other, { filter: {}, field: 'tool', most: 5 })).toMatchObject({
        of: 0,
        values: [],
      })
    })

    it('stays as it is when leaves come again', async () => {
      const leaves = await allLeaves(world().index, tenant)
      await world().index.load(tenant, leaves.slice(0, 50))
      expect(await world().index.loadedTo(tenant)).toBe(records)
      expect((await pages({ outcome: 'deny' }, 'oldest', 500)).flat()).toEqual(wanted({ outcome: 'deny' }))
    })
  })
}

async function allLeaves(index: AuditIndex, tenant: TenantId): Promise<StoredLeaf[]> {
  const found: StoredLeaf[] = []
  let after: number | undefined
  for (;;) {
    const { leaves, next } = await index.page(tenant, { filter: {}, order: 'oldest', limit: 500, after })
    found.push(...leaves)
    if (next === null) return found
    after = next
  }
}

function naive(known: readonly Known[], filter: RecordFilter, field: CountedField): Record<string, number> {
  const counted: Record<string, number> = {}
  for (const { record } of known.filter((one) => matchesFilter(one.record, filter)))
    for (const value of new Set(valuesOf(record, field))) counted[value] = (counted[value] ?? 0) + 1
  return counted
}

/** One filter for each value that occurs, of each field. */
function everyFilter(records: readonly AuditRecord[]): RecordFilter[] {
  const filters = new Map<string, RecordFilter>()
  const add = (filter: RecordFilter) => filters.set(JSON.stringify(filter), filter)
  for (const record of records.slice(0, 120)) {
    for (const field of FIELDS)
      for (const value of valuesOf(record, field))
        add({ [field]: field === 'bundle' ? Number(value) : value })
    add({ decision: record.decisionId })
    if (record.request) add({ sha256: record.request.sha256 })
  }
  const all = [...filters.values()]
  return all.filter((_, at) => at % Math.ceil(all.length / 36) === 0)
}

const FIELDS = [
  ...CountedField.options,
  'delegator',
  'ancestor',
  'parent',
  'trace',
  'credential',
  'approval',
  'key',
  'build',
  'target',
  'finding',
] as const

function recordIn(bytes: Uint8Array): AuditRecord {
  const read = readRecord(Buffer.from(bytes).toString('utf8'))
  if (isFault(read)) throw new Error(read.message)
  return read
}

function present<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new TypeError('the suite expects something here')
  return value
}

const ulid = <P extends string>(prefix: P, number: number): `${P}_${string}` =>
  `${prefix}_${String(number).padStart(26, '0')}`
const hex = (number: number, length: number) => number.toString(16).padStart(length, '0')

/** Records in which every field has several values, some frequent, some rare, some only old. */
function varied(seq: number): Partial<RecordFields> {
  return { ...who(seq), ...what(seq), ...why(seq), ...rest(seq) }
}

const who = (seq: number): Partial<RecordFields> => ({
  decisionId: ulid('dec', Math.floor(seq / 2)),
  kind: seq % 2 === 0 ? 'opened' : 'closed',
  at: new Date(Date.UTC(2026, 0, 1) + seq * 60_000 - (seq % 5) * 90_000).toISOString(),
  agent: { id: ulid('agt', seq < 100 ? 9 : seq % 4), name: 'agent' },
  human: { id: ulid('hum', seq % 3), name: 'Ada' },
  delegators: seq % 10 === 0 ? [{ id: ulid('agt', 77), name: 'boss' }] : [],
  session: ulid('ses', Math.floor(seq / 25)),
  keyThumbprint: `key-${seq % 6}`,
  channel: seq % 20 === 0 ? 'hooks' : 'gateway',
})

const what = (seq: number): Partial<RecordFields> => ({
  connection: { id: ulid('con', seq % 5), name: 'tools' },
  credential: seq % 4 === 0 ? { connection: ulid('con', seq % 5), version: 1 + (seq % 2) } : null,
  action: {
    method: seq % 9 === 0 ? 'resources/read' : 'tools/call',
    tool: seq % 9 === 0 ? null : `tool-${seq % 7}`,
    class: seq % 11 === 0 ? 'money' : 'read.private',
    classSource: 'admin',
    resource: `files/${seq % 13} "quoted" \u2028 %_'\\`,
  },
  request: { sha256: hex(seq, 64), sizeBytes: 10 },
  response: seq % 2 ? { sha256: hex(seq + 1_000_000, 64), sizeBytes: 10, status: 200 } : null,
})

const why = (seq: number): Partial<RecordFields> => {
  const denied = seq % 8 === 3
  const effect = denied ? 'deny' : 'allow'
  return {
    outcome: effect,
    refusal: denied ? 'policy_denied' : null,
    bundle: { version: 1 + Math.floor(seq / 200), sha256: hex(1 + Math.floor(seq / 200), 64) },
    outbound: {
      outcome: effect,
      matches: [
        {
          policy: ulid('pol', seq % 2),
          policyName: 'rules',
          policyVersion: 1,
          rule: `rule-${seq % 6}`,
          effect,
          mode: 'enforce',
          reason: 'because',
          errored: false,
          overriddenBy: null,
        },
      ],
      signals: seq % 6 === 0 ? ['pii.email', 'secret.aws'] : [],
      modified: false,
      byDefault: false,
      labels: seq % 12 === 0 ? ['untrusted'] : [],
      hidden: [],
      approval: seq % 50 === 0 ? ulid('apr', seq) : null,
    },
  }
}

const rest = (seq: number): Partial<RecordFields> => ({
  ...(seq % 15 === 0 && { parent: ulid('dec', 1_000_000 + Math.floor(seq / 30)) }),
  ...(seq % 14 === 0 && { trace: { id: hex(seq, 32), span: hex(seq, 16) } }),
  ...(seq % 16 === 0 && { ancestors: [ulid('ses', 900)] }),
  ...(seq % 17 === 0 && { flags: ['policy_stale' as const] }),
  ...(seq % 20 === 0 && {
    local: {
      client: 'claude-code' as const,
      moment: 'before' as const,
      conversation: null,
      toolUse: null,
      tool: 'Bash',
      facts: [{ kind: 'credential_read', operand: '~/.aws', certainty: 'sure' as const }],
      hosts: ['example.test'],
      packages: ['left-pad'],
      more: false,
      observed: false,
      times: 1,
    },
  }),
  ...(seq % 70 === 69 && {
    administration: {
      permission: 'policies.write',
      route: 'PUT /api/v1/policies/{id}',
      by: { kind: 'human' as const, id: ulid('hum', 1), name: 'Ada' },
      target: ulid('pol', 1),
      before: null,
      after: null,
    },
  }),
})
