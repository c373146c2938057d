import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { hashOf, isFault, readRecord } from '@writ/audit'
import type { AuditRecord, BootId, StreamId } from '@writ/contracts'
import { Refusal, STREAM_START, streamIdOf } from '@writ/contracts'
import { currentBundleOf } from '@writ/enforcement'
import type { Entry } from '@writ/enforcement'
import { bundleOf, callerOf, connectionOf, id, receivedOf } from '../sample.fixture.ts'
import { createLedger } from './ledger.ts'
import type { LedgerPorts } from './ledger.ts'
import type { SpoolDisk } from './spool-disk.ts'
import { openSpoolDisk } from './spool-disk.ts'
import { Spool } from './spool.ts'
import { spoolLimits } from './spool-limits.ts'
import type { SpoolLimits } from './spool-limits.ts'

const SECRET = 'sk-never-in-a-record'
const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

const BOOT: BootId = id('boo')
const STREAM = streamIdOf(id('nod'), BOOT, id('ten'))

type Given = {
  limits?: Partial<SpoolLimits>
  ports?: Partial<LedgerPorts>
  wrap?: (disk: SpoolDisk) => SpoolDisk
}

async function given({ limits = {}, ports = {}, wrap = (disk) => disk }: Given = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'writ-ledger-'))
  folders.push(folder)
  const disk = wrap(await openSpoolDisk(folder))
  const spool = await Spool.open(disk, BOOT, { ...spoolLimits(64 * 1024 * 1024), ...limits }, () => {})
  const ledger = createLedger(
    {
      spool,
      node: () => id('nod'),
      newBoot: () => id('boo', '1'),
      clock: { nowMs: () => 1_800_000_000_000, monotonicMicros: () => 1500.4 },
      build: 'test',
      report: () => {},
      ...ports,
    },
    BOOT,
  )
  return { ledger, spool }
}

const CURRENT = currentBundleOf(bundleOf('acme', 7), 'a'.repeat(64), () => true)

const entryOf = (change: Partial<Entry> = {}): Entry => ({
  channel: 'gateway',
  received: receivedOf(),
  startedAtMicros: 1000,
  current: CURRENT,
  caller: callerOf(),
  connection: connectionOf(),
  opened: false,
  closed: false,
  ...change,
})

/** What was recorded of calls; the records before them say that the stream begins, and by which bundle. */
async function recordsOf(spool: Spool, stream: StreamId = STREAM): Promise<AuditRecord[]> {
  const [first, second, ...records] = await wholeStream(spool, stream)
  expect([first?.kind, second?.kind]).toEqual(['stream_opened', 'applied'])
  return records
}

async function wholeStream(spool: Spool, stream: StreamId = STREAM): Promise<AuditRecord[]> {
  const frames = await spool.read(stream, 0, 1000)
  return frames.map(({ bytes }) => {
    const record = readRecord(bytes)
    if (isFault(record)) throw new Error(record.message)
    return record
  })
}

const code = (refusal: { code: string } | null) => refusal?.code

describe('the ledger of a gateway', () => {
  it('writes what was intended and how it ended as one chain', async () => {
    const { ledger, spool } = await given()
    const entry = entryOf()
    expect(await ledger.open(entry)).toBeNull()
    entry.response = { status: 200, sha256: 'b'.repeat(64), sizeBytes: 5 }
    expect(await ledger.close(entry)).toBeNull()
    const records = await recordsOf(spool)
    const [, applied, opened] = await spool.read(STREAM, 0, 3)
    expect((await wholeStream(spool))[0]).toMatchObject({
      kind: 'stream_opened',
      seq: 0,
      prev: STREAM_START,
      agent: null,
    })
    expect(records).toMatchObject([
      { kind: 'opened', seq: 2, prev: hashOf(applied?.bytes ?? ''), outcome: 'allow', response: null },
      {
        kind: 'closed',
        seq: 3,
        prev: hashOf(opened?.bytes ?? ''),
        durationMicros: 500,
        response: { status: 200 },
      },
    ])
    expect(records.map(({ bundle }) => bundle?.version)).toEqual([7, 7])
  })

  it('names who delegated to the agent, newest first', async () => {
    const { ledger, spool } = await given()
    const delegators = [
      { id: id('agt', '1'), name: 'planner', groups: [] },
      { id: id('agt', '2'), name: 'front desk', groups: [] },
    ]
    await ledger.close(entryOf({ caller: callerOf({ delegators }) }))
    expect((await recordsOf(spool))[0]?.delegators).toEqual([
      { id: id('agt', '1'), name: 'planner' },
      { id: id('agt', '2'), name: 'front desk' },
    ])
  })

  it('keeps the first of many refusals by a limit, and no other', async () => {
    const { ledger, spool } = await given()
    const refusal = new Refusal('rate_limited')
    expect(await ledger.close(entryOf({ refusal, limit: { seconds: 1, isFirst: true } }))).toBeNull()
    for (let at = 0; at < 10; at += 1)
      expect(await ledger.close(entryOf({ refusal, limit: { seconds: 1, isFirst: false } }))).toBeNull()
    expect(await recordsOf(spool)).toMatchObject([{ refusal: 'rate_limited', outcome: 'refused' }])
  })

  it('closes an entry once, however often it is told', async () => {
    const { ledger, spool } = await given()
    const entry = entryOf()
    await Promise.all([ledger.close(entry), ledger.close(entry)])
    await ledger.close(entry)
    expect(await recordsOf(spool)).toHaveLength(1)
  })

  it('names a credential by its version and never says what it is', async () => {
    const { ledger, spool } = await given()
    const secret = {
      tenant: id('ten'),
      connection: id('con'),
      version: 4,
      origin: 'https://up.example',
      header: 'x-api-key',
      value: SECRET,
      renewAtMs: 0,
      expiresAtMs: 0,
    }
    await ledger.close(entryOf({ lease: { kind: 'header', secret } }))
    const [, , frame] = await spool.read(STREAM, 0, 3)
    expect(frame?.bytes).not.toContain(SECRET)
    expect((await recordsOf(spool))[0]?.credential).toEqual({ connection: id('con'), version: 4 })
  })

  it('says who could not be proven by saying nobody', async () => {
    const { ledger, spool } = await given()
    const { channel, received, startedAtMicros } = entryOf()
    const refusal = new Refusal('token_invalid')
    await ledger.close({
      channel,
      received,
      startedAtMicros,
      current: CURRENT,
      refusal,
      opened: false,
      closed: false,
    })
    expect((await recordsOf(spool))[0]).toMatchObject({
      outcome: 'refused',
      refusal: 'token_invalid',
      agent: null,
      human: null,
    })
  })

  it.each([
    ['policy_denied', 'deny'],
    ['connection_forbidden', 'deny'],
    ['approval_unavailable', 'ask'],
    ['upstream_unreachable', 'failed'],
    ['internal', 'failed'],
    ['method_unknown', 'refused'],
  ] as const)('records %s as %s', async (refused, outcome) => {
    const { ledger, spool } = await given()
    await ledger.close(entryOf({ refusal: new Refusal(refused) }))
    expect((await recordsOf(spool))[0]?.outcome).toBe(outcome)
  })

  it('has no stream for a tenant that is not known', async () => {
    const { ledger, spool } = await given()
    const { channel, received, startedAtMicros } = entryOf()
    expect(
      await ledger.close({ channel, received, startedAtMicros, opened: false, closed: false }),
    ).toBeNull()
    expect(spool.depth).toBe(0)
  })

  it('cuts a resource of any length rather than lose the record', async () => {
    const { ledger, spool } = await given()
    const tool = 'x'.repeat(500_000)
    const action = {
      method: 'tools/call',
      tool,
      class: 'read.private',
      classSource: 'default',
      resource: tool,
    } as const
    expect(await ledger.open(entryOf({ action }))).toBeNull()
    expect(spool.depth).toBe(3)
  })
})

describe('no record, no effect', () => {
  it('before this gateway has a name', async () => {
    const { ledger } = await given({ ports: { node: () => null } })
    expect(code(await ledger.open(entryOf()))).toBe('record_unavailable')
  })

  it('when the spool is full, while what was begun can still be closed', async () => {
    const { ledger, spool } = await given({ limits: { maxBytes: 1024 * 1024, reserveBytes: 512 * 1024 } })
    const begun = entryOf()
    expect(await ledger.open(begun)).toBeNull()
    while (spool.hasRoom('ordinary')) await ledger.open(entryOf())
    expect(code(await ledger.open(entryOf()))).toBe('record_unavailable')
    expect(code(await ledger.close(entryOf({ refusal: new Refusal('token_invalid') })))).toBe(
      'record_unavailable',
    )
    expect(await ledger.close(begun)).toBeNull()
  })

  it('when the disk fails; after a while it begins again on new streams, which say by which bundle', async () => {
    let isBroken = true
    let nowMs = 0
    const { ledger, spool } = await given({
      wrap: (disk) => ({
        ...disk,
        create: async (name) => {
          const file = await disk.create(name)
          return { ...file, sync: () => (isBroken ? Promise.reject(new Error('EIO')) : file.sync()) }
        },
      }),
      ports: { clock: { nowMs: () => nowMs, monotonicMicros: () => 0 } },
    })
    expect(code(await ledger.open(entryOf()))).toBe('record_unavailable')
    isBroken = false
    expect(code(await ledger.open(entryOf()))).toBe('record_unavailable')
    nowMs += 1000
    expect(await ledger.open(entryOf())).toBeNull()
    const again = streamIdOf(id('nod'), id('boo', '1'), id('ten'))
    expect(spool.heads()).toMatchObject([{ stream: again, nextSeq: 3 }])
    expect(await wholeStream(spool, again)).toMatchObject([
      { kind: 'stream_opened' },
      { kind: 'applied', bundle: { version: 7 }, applied: { replaced: null } },
      { kind: 'opened', bundle: { version: 7 } },
    ])
  })
})
