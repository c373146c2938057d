import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { isFault, openSealed, rawX25519, readRecord, sealedIn, sealingKey, sealTo } from '@writ/audit'
import type { AuditRecord, BootId, Bundle, SubjectKey } from '@writ/contracts'
import { streamIdOf } from '@writ/contracts'
import { currentBundleOf } from '@writ/enforcement'
import type { CurrentBundle, Entry } from '@writ/enforcement'
import { bundleOf, callerOf, connectionOf, id, receivedOf } from '../sample.fixture.ts'
import { createLedger } from './ledger.ts'
import type { LedgerPorts } from './ledger.ts'
import { openSpoolDisk } from './spool-disk.ts'
import { spoolLimits } from './spool-limits.ts'
import { Spool } from './spool.ts'

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

const BOOT: BootId = id('boo')
const STREAM = streamIdOf(id('nod'), BOOT, id('ten'))
const NAME = 'Ada Lovelace'
const { privateKey } = generateKeyPairSync('x25519')
const PUBLIC = { id: id('sub'), publicKey: rawX25519(privateKey) } as const
const SUBJECT: SubjectKey = {
  ...PUBLIC,
  name: sealTo(sealingKey(PUBLIC, generateKeyPairSync('x25519').privateKey), NAME, {
    salt: new Uint8Array(32).fill(1),
    nonce: new Uint8Array(12),
  }),
}
const HUMANS: Bundle['humans'] = [{ id: id('hum'), name: NAME, groups: [], epoch: 0, subject: SUBJECT }]

const currentOf = (version = 1, isInStep = true): CurrentBundle =>
  currentBundleOf(
    bundleOf('acme', version, { humans: HUMANS }),
    String(version).padStart(64, 'a'),
    () => true,
    () => isInStep,
  )

async function given(ports: Partial<LedgerPorts> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'writ-personal-'))
  folders.push(folder)
  const spool = await Spool.open(await openSpoolDisk(folder), BOOT, spoolLimits(64 * 1024 * 1024), () => {})
  const clock = { nowMs: () => 1_800_000_000_000, monotonicMicros: () => 0 }
  const own = { spool, node: () => id('nod'), newBoot: () => id('boo', '1'), clock, build: 'test' }
  const ledger = createLedger({ ...own, report: () => {}, ...ports }, BOOT)
  return { ledger, spool }
}

const entryOf = (change: Partial<Entry> = {}): Entry => ({
  channel: 'gateway',
  received: receivedOf(),
  startedAtMicros: 0,
  current: currentOf(),
  caller: callerOf({ human: { id: id('hum'), name: NAME, groups: [] } }),
  connection: connectionOf(),
  opened: false,
  closed: false,
  ...change,
})

async function recordsOf(spool: Spool): Promise<AuditRecord[]> {
  const frames = await spool.read(STREAM, 0, 1000)
  return frames.map(({ bytes }) => {
    const record = readRecord(bytes)
    if (isFault(record)) throw new Error(record.message)
    return record
  })
}

const OWN = new Set<AuditRecord['kind']>(['stream_opened', 'applied', 'stream_closed'])
/** Of calls. */
const callsOf = async (spool: Spool): Promise<AuditRecord[]> =>
  (await recordsOf(spool)).filter(({ kind }) => !OWN.has(kind))

const bytesOf = async (spool: Spool): Promise<string> =>
  (await spool.read(STREAM, 0, 1000)).map(({ bytes }) => bytes).join('\n')

describe('what a record says of a human', () => {
  it('is the name as the bundle has it sealed, and never in clear', async () => {
    const { ledger, spool } = await given()
    await ledger.close(entryOf())
    const record = (await callsOf(spool))[0]
    expect(record?.human).toEqual({ id: id('hum'), name: SUBJECT.name })
    expect(await bytesOf(spool)).not.toContain('Ada')
    expect(openSealed(SUBJECT.name, privateKey)?.value).toBe(NAME)
  })

  it('is the id where the bundle has nothing sealed, as one of before has not', async () => {
    const { ledger, spool } = await given()
    const current = currentBundleOf(bundleOf('acme', 1), 'a'.repeat(64), () => true)
    await ledger.close(entryOf({ current, excerpts: { outbound: 'what Ada asked' } }))
    const record = (await callsOf(spool))[0]
    expect(record?.human).toEqual({ id: id('hum'), name: id('hum') })
    expect(await bytesOf(spool)).not.toContain('Ada')
    expect(record && sealedIn(record)).toEqual([])
  })

  it('is what was asked in the record of the beginning, and what was answered in that of the end', async () => {
    const { ledger, spool } = await given()
    const entry = entryOf({ excerpts: { outbound: '{"to":"Bo"}' } })
    await ledger.open(entry)
    entry.response = { status: 200, sha256: 'b'.repeat(64), sizeBytes: 5 }
    entry.excerpts = { ...entry.excerpts, inbound: '{"sent":true}' }
    await ledger.close(entry)
    const records = await callsOf(spool)
    const said = records.map((record) =>
      sealedIn(record)
        .filter(({ path }) => path !== '/human/name')
        .map(({ path, sealed }) => [path, openSealed(sealed, privateKey)?.value]),
    )
    expect(said).toEqual([[['/request/excerpt', '{"to":"Bo"}']], [['/response/excerpt', '{"sent":true}']]])
    expect(await bytesOf(spool)).not.toMatch(/Bo"|sent/)
  })

  it('of a refusal is what was asked, and of what came in on a device what it brought', async () => {
    const { ledger, spool } = await given({ channel: 'hooks' })
    await ledger.close(entryOf({ excerpts: { outbound: 'refused' } }))
    await ledger.close(entryOf({ channel: 'hooks', excerpts: { inbound: 'brought' } }))
    const [refused, brought] = await callsOf(spool)
    const opened = [refused, brought]
      .map((record) => record?.request?.excerpt)
      .map((sealed) => sealed && openSealed(sealed, privateKey)?.value)
    expect(opened).toEqual(['refused', 'brought'])
  })

  it('is sealed anew each time: two excerpts of the same words share nothing', async () => {
    const { ledger, spool } = await given()
    for (let at = 0; at < 300; at += 1) await ledger.close(entryOf({ excerpts: { outbound: 'the same' } }))
    const sealed = (await callsOf(spool)).flatMap((record) => record.request?.excerpt ?? [])
    expect(new Set(sealed.map(({ c }) => c)).size).toBe(300)
    expect(new Set(sealed.map(({ ct }) => ct.slice(0, 16))).size).toBe(300)
    expect(new Set(sealed.map(({ epk }) => epk)).size).toBe(1)
  })
})

describe('the stream of a point', () => {
  it('says which bundle decides, each once, and what it replaced', async () => {
    const { ledger, spool } = await given()
    for (const current of [currentOf(1), currentOf(1), currentOf(2)]) ledger.applied(current)
    await ledger.close(entryOf({ current: currentOf(2) }))
    expect(
      (await recordsOf(spool)).map(({ kind, bundle, applied }) => [kind, bundle?.version, applied]),
    ).toEqual([
      ['stream_opened', undefined, undefined],
      ['applied', 1, { replaced: null }],
      ['applied', 2, { replaced: 1 }],
      ['closed', 2, undefined],
    ])
  })

  it('says that it ends, and takes nothing afterwards', async () => {
    const { ledger, spool } = await given()
    await ledger.close(entryOf())
    await ledger.end()
    expect((await ledger.open(entryOf()))?.code).toBe('record_unavailable')
    expect((await recordsOf(spool)).map(({ kind }) => kind)).toEqual([
      'stream_opened',
      'applied',
      'closed',
      'stream_closed',
    ])
  })

  it('is told of while something that was begun in it has not ended', async () => {
    const { ledger, spool } = await given()
    const entries = [entryOf(), entryOf()]
    expect(ledger.underWay()).toEqual([])
    for (const entry of entries) await ledger.open(entry)
    const [head] = spool.heads()
    expect(ledger.underWay()).toMatchObject([{ stream: STREAM, nextSeq: 4, headHash: head?.headHash }])
    for (const entry of entries) await ledger.close(entry)
    expect(ledger.underWay()).toEqual([])
  })
})

describe('a record', () => {
  it('says where the call comes from: the trace, and the sessions that this one was delegated from', async () => {
    const { ledger, spool } = await given()
    const trace = { id: 'c'.repeat(32), span: 'd'.repeat(16) }
    const caller = callerOf({ parentSession: id('ses', '1'), olderSessions: [id('ses', '2')] })
    await ledger.close(entryOf({ trace, caller }))
    await ledger.close(entryOf())
    const [delegated, plain] = await callsOf(spool)
    expect(delegated).toMatchObject({ trace, ancestors: [id('ses', '1'), id('ses', '2')] })
    expect([plain?.trace, plain?.ancestors, plain?.flags]).toEqual([undefined, undefined, undefined])
  })

  it('says when policy may have been replaced, and when the clock may be wrong', async () => {
    const { ledger, spool } = await given({ isClockSuspect: () => true })
    await ledger.close(entryOf({ current: currentOf(1, false) }))
    expect((await callsOf(spool))[0]?.flags).toEqual(['policy_stale', 'clock_suspect'])
  })
})
