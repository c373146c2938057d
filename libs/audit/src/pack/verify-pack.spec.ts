import { spawnSync } from 'node:child_process'
import type { KeyObject } from 'node:crypto'
import { createPublicKey, sign, verify } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { JsonObject } from '@writ/contracts'
import type { KnownBefore, PackFault, PackVerification } from '../../verify/verify.mjs'
import { CannotRun, textOf, verifyFile } from '../../verify/verify.mjs'
import { canonical } from '../canonical.ts'
import type { RecordFields } from '../record.ts'
import { AT, nodeKey, present } from '../sample.fixture.ts'
import { logOf, sampleLog, samplePlan } from './sample-log.fixture.ts'
import type { Members, PackWishes } from './sample-pack.fixture.ts'
import {
  checkpointNote,
  linesOf,
  LOG_KEY,
  makePack,
  manifestOf,
  sealManifest,
  trustOf,
  WITNESS_LINE,
} from './sample-pack.fixture.ts'
import { zipOf, zipOfMembers } from './zip.fixture.ts'

const TOOLS = fileURLToPath(new URL('../../../../tools', import.meta.url))
const hasPython = spawnSync('python3', ['--version']).status === 0

const log = sampleLog({ leaves: 40, streams: 4, seed: 3 })
const other = sampleLog({ leaves: 12, seed: 4, tenant: 'B' })
const SIZES = log.sizes
const OLDER = present(SIZES.find((size) => size > 8))
const PREVIOUS = present(SIZES.find((size) => size > 15))

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'writ-pack-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const file = (name: string, bytes: Uint8Array | string): string => {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

/** What every case gave, so that the other verifier is started once for all of them. */
const asked: { path: string; known: KnownBefore; said: string }[] = []

async function said(zip: Buffer, known: KnownBefore = {}): Promise<PackVerification> {
  const path = file(`${asked.length}.zip`, zip)
  const result = await verifyFile(path, known)
  asked.push({ path, known, said: JSON.stringify(result) })
  return result
}

const pack = (wishes: PackWishes): Promise<Members> => makePack(log, { withWitness: true, ...wishes })
const holds = async (members: Members, known?: KnownBefore) => said(zipOfMembers(members), known)

describe('a pack that nobody altered', () => {
  it.each<[string, PackWishes, string]>([
    ['a range', { kind: 'range', previous: PREVIOUS }, 'complete'],
    ['a range without leaf hashes', { kind: 'range', withLeafHashes: false }, 'complete'],
    ['a part of a range', { kind: 'range', from: 5, to: 29, treeSize: present(SIZES.at(-2)) }, 'complete'],
    ['an empty range', { kind: 'range', from: 9, to: 9 }, 'complete'],
    ['a filter', { kind: 'filter', previous: PREVIOUS }, 'inclusion'],
    ['a filter that finds nothing', { kind: 'filter', matches: () => false }, 'inclusion'],
    ['a filter with hashes', { kind: 'filter-with-hashes', from: 3 }, 'inclusion-and-hashes'],
  ])('holds: %s', async (_, wishes, proves) => {
    const result = await holds(await pack(wishes), { witness: [WITNESS_LINE] })
    expect(result).toMatchObject({ holds: true, proves, trust: 'delivered', faults: [], faultCount: 0 })
    expect(result.cosignatures).toEqual([{ name: 'witness.example.net/w1', time: 1_795_168_800 }])
  })

  it('says what it rests on', async () => {
    const trust = file('trust.json', trustOf(log))
    const checkpoint = [file('older.note', await checkpointNote(log, OLDER))]
    const before = file(
      'before.zip',
      zipOfMembers(await pack({ kind: 'range', treeSize: PREVIOUS, to: PREVIOUS })),
    )
    const members = await pack({ kind: 'range', previous: PREVIOUS })
    const result = await holds(members, { trust, checkpoint, pack: before })
    expect(result).toMatchObject({
      holds: true,
      trust: 'pinned',
      previous: PREVIOUS,
      older: [OLDER, PREVIOUS],
      rows: 40,
    })
    expect(result).toMatchObject({ unsigned: 0, lost: [], behind: [] })
    expect(textOf(result)).toContain('all 40 records from leaf 0 to before leaf 40: none missing')
    expect(textOf(await holds(await pack({ kind: 'filter' })))).toContain('INCLUSION ONLY')
  })

  it('names what a node signed and the log does not hold, and what is said to be lost', async () => {
    const size = present(SIZES.at(-2))
    const short = await holds(await pack({ kind: 'range', treeSize: size, to: size }))
    expect([short.holds, short.behind.length]).toEqual([true, 1])
    const members = await pack({ kind: 'range' })
    const streams = streamsOf(members)
    const lost = streams.map((stream, at) => (at === 0 ? { ...stream, lost: [[900, 905]] } : stream))
    const result = await holds(sealManifest(members, { ...manifestOf(members), streams: lost }, log))
    expect([result.holds, result.lost]).toEqual([
      true,
      [{ stream: streams[0]?.['stream'], from: 900, to: 905 }],
    ])
  })

  it('is followed over a rotation of the log key', async () => {
    const next = nodeKey(202)
    const keys = [
      { key: LOG_KEY, until: AT },
      { key: next, until: null },
    ]
    const rotated = { version: 2, keys, signers: [next, LOG_KEY] }
    const members = await makePack(log, { kind: 'range', logKey: next })
    const signed = sealManifest(
      new Map(members).set('trust.json', trustOf(log, rotated)),
      manifestOf(members),
      log,
      next,
    )
    const trust = file('first-trust.json', trustOf(log))
    expect(await holds(signed, { trust })).toMatchObject({ holds: true, trust: 'pinned' })
    const bySelf = trustOf(log, { ...rotated, signers: [next] })
    const forged = sealManifest(new Map(members).set('trust.json', bySelf), manifestOf(members), log, next)
    expect(checksOf(await holds(forged, { trust }))).toEqual(['trust', 'signature', 'checkpoint'])
    const old = await makePack(log, { kind: 'range' })
    const late = { ...manifestOf(old), createdAt: '2027-01-01T00:00:00.000Z' }
    const stolen = sealManifest(new Map(old).set('trust.json', trustOf(log, rotated)), late, log)
    expect(checksOf(await holds(stolen))).toEqual(['signature'])
  })
})

type Edit = (members: Members) => Promise<Members> | Members
type Wanted = { readonly check: string; readonly leaf?: number; readonly member?: string }

const checksOf = ({ faults }: PackVerification): string[] => [...new Set(faults.map(({ check }) => check))]
const streamsOf = (members: Members): JsonObject[] =>
  JSON.parse(canonical(present(manifestOf(members)['streams'])))
const sealed = (members: Members, more: JsonObject = {}): Members =>
  sealManifest(members, { ...manifestOf(members), ...more }, log)
const lineAt =
  (name: string, at: number, edit: (line: string) => string | null): Edit =>
  (members) => {
    const lines = present(members.get(name)).toString().split('\n').slice(0, -1)
    const line = edit(present(lines[at]))
    return sealed(
      new Map(members).set(name, linesOf(lines.toSpliced(at, 1, ...(line === null ? [] : [line])))),
    )
  }
const textAt =
  (name: string, edit: (text: string) => string): Edit =>
  (members) =>
    sealed(new Map(members).set(name, Buffer.from(edit(present(members.get(name)).toString()))))
const hashesTo =
  (leaf: number): Edit =>
  (members) =>
    sealed(
      new Map(members).set('leaf-hashes.bin', present(members.get('leaf-hashes.bin')).subarray(0, leaf * 32)),
    )
const zeros = '0'.repeat(64)

const without = (members: Members, name: string): Members => {
  const left = new Map(members)
  left.delete(name)
  return left
}
const otherOutcome = (line: string): string => line.replace('"outcome":"deny"', '"outcome":"allow"')
const otherBefore = async (): Promise<Buffer> =>
  Buffer.from(canonical({ from: await checkpointNote(other, 12), hashes: [] }))

/** The signature of the log on this checkpoint, and the cosignature of another. */
async function mixedNote(members: Members): Promise<Buffer> {
  const [own, before] = [
    present(members.get('checkpoint.note')).toString(),
    await checkpointNote(log, OLDER, { withWitness: true }),
  ]
  return Buffer.from(
    own
      .split('\n')
      .toSpliced(5, 1, present(before.split('\n')[5]))
      .join('\n'),
  )
}

/** The first leaf of the batch that stands first in a pack of all. */
function firstLeafOf(at: number): number {
  const batches = log.batches.toSorted((one, two) =>
    one.stream === two.stream ? one.fromSeq - two.fromSeq : one.stream < two.stream ? -1 : 1,
  )
  const { stream, fromSeq } = present(batches[at])
  return log.leaves.findIndex((leaf) => leaf.stream === stream && leaf.seq === fromSeq)
}

describe('each check names its fault, also where the log itself signed', () => {
  it.each<[string, PackWishes['kind'], Edit, Wanted]>([
    [
      'a member that is missing',
      'range',
      (m) => without(m, 'trust.json'),
      { check: 'members', member: 'trust.json' },
    ],
    [
      'a member of another kind',
      'range',
      (m) => sealed(new Map(m).set('proofs.jsonl', Buffer.alloc(0))),
      { check: 'members', member: 'proofs.jsonl' },
    ],
    [
      'a member that is altered',
      'range',
      (m) => new Map(m).set('report.pdf', Buffer.from('%PDF-1.8\n')),
      { check: 'members', member: 'report.pdf' },
    ],
    [
      'a last line without its end',
      'range',
      textAt('leaves.txt', (text) => text.slice(0, -1)),
      { check: 'members', member: 'leaves.txt' },
    ],
    ['a manifest of another form', 'range', (m) => sealed(m, { kind: 'all' }), { check: 'manifest' }],
    [
      'a manifest that is not canonical',
      'range',
      (m) => new Map(m).set('manifest.json', Buffer.from(` ${m.get('manifest.json')}`)),
      { check: 'manifest' },
    ],
    [
      'a trust file of another log',
      'range',
      (m) => sealed(new Map(m).set('trust.json', trustOf(other))),
      { check: 'trust' },
    ],
    [
      'a trust file that nobody signed',
      'range',
      (m) => sealed(new Map(m).set('trust.json', trustOf(log, { signers: [] }))),
      { check: 'trust' },
    ],
    [
      'a manifest that another key signed',
      'range',
      (m) => sealManifest(m, manifestOf(m), log, nodeKey(1)),
      { check: 'signature' },
    ],
    ['a checkpoint of another size', 'range', (m) => sealed(m, { treeSize: 41 }), { check: 'checkpoint' }],
    [
      'a checkpoint that nobody signed',
      'range',
      textAt('checkpoint.note', (text) => text.split('\n').toSpliced(4, 1).join('\n')),
      { check: 'checkpoint' },
    ],
    [
      'a cosignature of another text',
      'range',
      async (m) => sealed(new Map(m).set('checkpoint.note', await mixedNote(m))),
      { check: 'witness' },
    ],
    [
      'a pack before that is of another history',
      'range',
      async (m) => sealed(new Map(m).set('consistency.json', await otherBefore())),
      { check: 'consistency' },
    ],
    [
      'a record that is not canonical',
      'range',
      lineAt('records.jsonl', 7, (line) => line.replace(':', ': ')),
      { check: 'form', leaf: 7 },
    ],
    [
      'a record of another tenant',
      'range',
      lineAt('records.jsonl', 7, () => present(other.leaves[0]).bytes),
      { check: 'tenant', leaf: 7 },
    ],
    [
      'a leaf index that is another',
      'range',
      lineAt('leaves.txt', 7, () => '8'),
      { check: 'leaves', leaf: 7 },
    ],
    [
      'leaf indexes that do not ascend',
      'filter',
      lineAt('leaves.txt', 2, () => '3'),
      { check: 'leaves', leaf: 3 },
    ],
    [
      'a record that says something else',
      'range',
      lineAt('records.jsonl', 11, otherOutcome),
      { check: 'leaf', leaf: 11 },
    ],
    [
      'the same under the chain',
      'range',
      lineAt('records.jsonl', 11, otherOutcome),
      { check: 'chain', leaf: 11 },
    ],
    [
      'the same without leaf hashes',
      'range',
      async () =>
        lineAt('records.jsonl', 11, otherOutcome)(await pack({ kind: 'range', withLeafHashes: false })),
      { check: 'root' },
    ],
    [
      'the same by its proof',
      'filter',
      lineAt('records.jsonl', 3, otherOutcome),
      { check: 'inclusion', leaf: 9 },
    ],
    [
      'the same among hashes',
      'filter-with-hashes',
      lineAt('records.jsonl', 3, otherOutcome),
      { check: 'leaf', leaf: 9 },
    ],
    [
      'a proof of another leaf',
      'filter',
      lineAt('proofs.jsonl', 3, (line) => line.replace('"leaf":9', '"leaf":10')),
      { check: 'inclusion', leaf: 9 },
    ],
    [
      'a border that is another',
      'range',
      async () =>
        textAt('range-proof.json', (text) => text.replace(/[0-9a-f]{64}/, zeros))(
          await pack({ kind: 'range', from: 5 }),
        ),
      { check: 'root' },
    ],
    ['leaf hashes that end too early', 'range', hashesTo(30), { check: 'root', leaf: 30 }],
    [
      'the same among those of other records',
      'filter-with-hashes',
      hashesTo(30.5),
      { check: 'root', leaf: 30 },
    ],
    ['a record that is gone', 'range', lineAt('records.jsonl', 20, () => null), { check: 'leaf', leaf: 20 }],
    [
      'the last record that is gone',
      'range',
      lineAt('records.jsonl', 39, () => null),
      { check: 'leaves', leaf: 39 },
    ],
    [
      'a record behind the last one',
      'range',
      lineAt('records.jsonl', 39, (line) => `${line}\n${line}`),
      { check: 'leaves', leaf: 40 },
    ],
    [
      'the same, where its leaf index is not known',
      'filter',
      lineAt('records.jsonl', 13, (line) => `${line}\n${line}`),
      { check: 'leaves', leaf: 39 },
    ],
    [
      'a stream that is said to be shorter',
      'range',
      (m) => sealed(m, { streams: streamsOf(m).map((stream) => ({ ...stream, rows: 1 })) }),
      { check: 'stream' },
    ],
    [
      'a record that is said to be lost',
      'range',
      (m) => sealed(m, { streams: streamsOf(m).map((stream) => ({ ...stream, lost: [[2, 3]] })) }),
      { check: 'stream' },
    ],
    [
      'a batch that another key signed',
      'range',
      lineAt('batches.jsonl', 0, (line) => line.replace(/"signature":"..../, '"signature":"AAAA')),
      { check: 'node' },
    ],
    [
      'a batch that is gone',
      'range',
      lineAt('batches.jsonl', 0, () => null),
      { check: 'node', leaf: firstLeafOf(0) },
    ],
    [
      'a value that was not committed to',
      'range',
      lineAt('disclosures.jsonl', 0, (line) => line.replace('Olga', 'Otto').replace('Zoë', 'Zoe')),
      { check: 'disclosure', leaf: 0 },
    ],
    [
      'a value of no record here',
      'filter',
      lineAt('disclosures.jsonl', 1, (line) => line.replace('"leaf":3', '"leaf":4')),
      { check: 'disclosure', leaf: 4 },
    ],
    [
      'a cell of the table',
      'range',
      textAt('records.csv', (text) => text.replace('"30","2026', '"30","2027')),
      { check: 'csv', leaf: 30 },
    ],
    [
      'a formula in the table',
      'range',
      textAt('records.csv', (text) => text.replace(`"'=1+1"`, '"=1+1"')),
      { check: 'csv', leaf: 1 },
    ],
    [
      'a row of the table that is of no record',
      'range',
      textAt('records.csv', (text) => `${text}"77","2026"\r\n`),
      { check: 'csv', leaf: 77 },
    ],
    ['another number of records', 'range', (m) => sealed(m, { rows: 39 }), { check: 'counts' }],
    ['another policy bundle', 'range', (m) => sealed(m, { bundles: [] }), { check: 'counts' }],
  ])('%s (%s)', async (_, kind, edit, wanted) => {
    const result = await holds(await edit(await pack({ kind })))
    expect(result.holds).toBe(false)
    const found = result.faults.filter(({ check, leaf, member }) =>
      [
        check === wanted.check,
        wanted.leaf === undefined || leaf === wanted.leaf,
        wanted.member === undefined || member === wanted.member,
      ].every(Boolean),
    )
    expect(found.length).toBeGreaterThan(0)
  })

  it('and growth, where something older is known', async () => {
    const forked = sampleLog({ leaves: 40, streams: 4, seed: 5 })
    const checkpoint = [file('true.note', await checkpointNote(log, OLDER))]
    const fork = await makePack(forked, { kind: 'range' })
    expect(checksOf(await holds(fork))).toEqual([])
    expect(checksOf(await holds(fork, { checkpoint }))).toEqual(['older'])
    expect(checksOf(await holds(fork, { witness: [WITNESS_LINE] }))).toEqual(['witness'])
    expect(checksOf(await holds(await pack({ kind: 'filter' }), { checkpoint }))).toEqual(['older'])
    const smaller = await pack({ kind: 'range', treeSize: PREVIOUS, to: PREVIOUS })
    const larger = [file('larger.note', await checkpointNote(log, 40))]
    expect(checksOf(await holds(smaller, { checkpoint: larger }))).toEqual(['older'])
  })
})

const word =
  (offset: number, value: number, length = 2) =>
  (bytes: Buffer): Buffer => {
    const altered = Buffer.from(bytes)
    altered.writeUIntLE(value, offset, length)
    return altered
  }

/** The log in which one record was written by whoever has its node's key, or every record of that node was. */
const told = (change: Partial<RecordFields>, isAll = false) => {
  const plan = samplePlan({ leaves: 40, streams: 4, seed: 3 })
  const node = present(plan.bursts[3]).stream.slice(0, 30)
  const isMeant = (stream: string, at: number): boolean => (isAll ? stream.startsWith(node) : at === 3)
  const bursts = plan.bursts.map(({ stream, records }, at) => ({
    stream,
    records: records.map((record, of) =>
      isMeant(stream, at) && (isAll || of === 0) ? { ...record, ...change } : record,
    ),
  }))
  return logOf({ ...plan, bursts })
}

describe('a key that says what its node never says', () => {
  const ADMINISTRATION: RecordFields['administration'] = {
    permission: 'policies.write',
    route: 'PUT /api/v1/policies/{id}',
    by: { kind: 'operator', id: 'operator', name: 'operator' },
    target: null,
    before: null,
    after: null,
  }
  const ERASURE = { subject: `hum_${'1'.repeat(26)}`, key: null, reason: 'request', bundles: 1 } as const
  const MIXED = 'a node says what points say and what the platform says'

  it.each<[string, Partial<RecordFields>]>([
    ['an administrative record', { kind: 'administered', administration: ADMINISTRATION }],
    ['a call that tells of an administrator', { administration: ADMINISTRATION }],
    ['the erasure of a human', { kind: 'erasure', erasure: ERASURE }],
  ])('is named: %s', async (_, change) => {
    for (const kind of ['range', 'filter-with-hashes'] as const) {
      const result = await holds(await makePack(told(change), { kind, matches: () => true }))
      expect(result.holds).toBe(false)
      expect(result.faults).toContainEqual(
        expect.objectContaining({ check: 'node', member: 'records.jsonl', message: MIXED }),
      )
    }
  })

  it.each<[string, Partial<RecordFields>, boolean]>([
    ['the platform alone', { kind: 'administered', administration: ADMINISTRATION }, true],
    ['the end of a call that nobody told of', { outcome: 'unknown' }, false],
  ])('is not seen in %s', async (_, change, isAll) => {
    expect((await holds(await makePack(told(change, isAll), { kind: 'range' }))).holds).toBe(true)
  })
})

describe('a zip that is not of the narrow form', () => {
  type Entries = Parameters<typeof zipOf>[0]
  const edited = (entries: Entries, at: number, edit: Partial<Entries[number]>): Entries =>
    entries.map((entry, place) => (place === at ? { ...entry, ...edit } : entry))

  it.each<[string, (entries: Entries) => Buffer, string]>([
    [
      'something behind its end',
      (e) => Buffer.concat([zipOf(e), Buffer.from('x')]),
      'the file is no zip of this form',
    ],
    [
      'something before its beginning',
      (e) => Buffer.concat([Buffer.from('x'), zipOf(e)]),
      'the file is no zip of this form',
    ],
    [
      'a member that stands twice',
      (e) => zipOf([...e, { name: 'records.jsonl', bytes: Buffer.from('{}\n') }]),
      'the member stands twice',
    ],
    [
      'a path out of its folder',
      (e) => zipOf([...e, { name: '../records.jsonl', bytes: Buffer.from('x') }]),
      'a member has a name that no pack has',
    ],
    [
      'a folder',
      (e) => zipOf([...e, { name: 'records.jsonl/', bytes: Buffer.alloc(0) }]),
      'a member has a name that no pack has',
    ],
    [
      'something behind deflated bytes',
      (e) => zipOf(edited(e, 2, { packed: (bytes) => Buffer.concat([bytes, Buffer.from('hidden')]) })),
      'the member does not inflate to what the directory says',
    ],
    [
      'deflated bytes that are cut short',
      (e) => zipOf(edited(e, 2, { packed: (bytes) => bytes.subarray(0, -1) })),
      'the member does not inflate to what the directory says',
    ],
    [
      'a size that is a lie',
      (e) => zipOf(edited(e, 2, { listed: word(24, 5, 4) })),
      'the member does not inflate to what the directory says',
    ],
    [
      'a link',
      (e) => zipOf(edited(e, 2, { listed: word(38, 0xa1ff0000, 4) })),
      'an entry of the directory is not of its form',
    ],
    [
      'an encrypted member',
      (e) => zipOf(edited(e, 2, { listed: word(8, 0x0801) })),
      'an entry of the directory is not of its form',
    ],
    [
      'another method',
      (e) => zipOf(edited(e, 2, { listed: word(10, 12) })),
      'an entry of the directory is not of its form',
    ],
    [
      'a local header that says otherwise',
      (e) => zipOf(edited(e, 2, { listed: word(12, 77) })),
      'a local header differs from the directory',
    ],
    [
      'members that overlap',
      (e) => zipOf(edited(e, 2, { listed: word(42, 0, 4) })),
      'something lies between the members',
    ],
  ])('is refused: %s', async (_, make, message) => {
    const members = await pack({ kind: 'range' })
    const entries = [...members].map(([name, bytes], at) => ({ name, bytes, stored: at % 2 === 1 }))
    const { faults } = await said(make(entries))
    expect(faults.filter(({ check }) => check === 'zip').map((fault: PackFault) => fault.message)).toContain(
      message,
    )
  })

  it('is not inflated where it is a bomb', async () => {
    const members = await pack({ kind: 'range' })
    const entries = [...members].map(([name, bytes]) => ({
      name,
      bytes: name === 'report.pdf' ? Buffer.alloc(64 << 20) : bytes,
    }))
    const begun = process.cpuUsage()
    const { faults } = await said(zipOf(entries))
    expect(faults).toMatchObject([{ check: 'members', member: 'report.pdf' }])
    expect(process.cpuUsage(begun).user).toBeLessThan(3_000_000)
  })

  it.each<[string, () => Promise<unknown>]>([
    ['a file that is not there', () => verifyFile(join(folder, 'none.zip'))],
    [
      'a pinned file that is no trust file',
      async () =>
        verifyFile(file('sound.zip', zipOfMembers(await pack({ kind: 'range' }))), {
          trust: file('x.json', '{}'),
        }),
    ],
    [
      'an older note that is none',
      () => verifyFile(join(folder, 'sound.zip'), { checkpoint: [file('x.note', 'hello\n\n')] }),
    ],
    [
      'a witness key that is none',
      () => verifyFile(join(folder, 'sound.zip'), { witness: ['w1+00000000+AAAA'] }),
    ],
  ])('cannot be judged: %s', async (_, run) => {
    await expect(run()).rejects.toThrow(CannotRun)
  })
})

describe('lines that are records for one reader and not for another', () => {
  const line = present(log.leaves[0]).bytes
  const withMember = (text: string): string => line.replace('{"action"', `{${text},"action"`)

  it.each<[string, string, boolean]>([
    ['as it was', line, true],
    ['a name twice', line.replace('"kind":"closed"', '"kind":"closed","kind":"closed"'), false],
    ['a fraction', withMember('"a":1.5'), false],
    ['an exponent', withMember('"a":1e3'), false],
    ['minus zero', withMember('"a":-0'), false],
    ['the largest safe integer', withMember('"a":9007199254740991'), true],
    ['one more', withMember('"a":9007199254740992'), false],
    ['no number', withMember('"a":NaN'), false],
    ['an escape that is not needed', withMember('"a":"\\u0041"'), false],
    ['half a pair', withMember('"a":"\\ud800"'), true],
    ['half a pair in capitals', withMember('"a":"\\uD800"'), false],
    ['a pair that is escaped', withMember('"a":"\\ud83d\\ude00"'), false],
    ['a pair', withMember('"a":"\u{1F600}"'), true],
    ['a control character', withMember('"a":"\\u001f"'), true],
    ['a short escape', withMember('"a":"\\b\\f\\n\\r\\t"'), true],
    ['a line separator', withMember('"a":"\u2028"'), true],
    ['names by UTF-16', withMember('"a":{"\u{1F600}":1,"\uFFFD":2}'), true],
    ['names by code points', withMember('"a":{"\uFFFD":2,"\u{1F600}":1}'), false],
    ['a prototype', withMember('"__proto__":{"x":1}'), true],
    ['as deep as may be', withMember(`"a":${'['.repeat(199)}${']'.repeat(199)}`), true],
    ['deeper', withMember(`"a":${'['.repeat(200)}${']'.repeat(200)}`), false],
    ['far deeper', withMember(`"a":${'['.repeat(20_000)}${']'.repeat(20_000)}`), false],
    ['a byte order mark', `\uFEFF${line}`, false],
    ['a carriage return', `${line}\r`, false],
    ['text', '"record"', false],
    ['nothing', '', false],
  ])('%s', async (_, text, isRecord) => {
    const members = await pack({ kind: 'range', to: 1, withLeafHashes: false })
    const { faults } = await holds(sealed(new Map(members).set('records.jsonl', linesOf([text]))))
    expect(faults.some(({ check }) => check === 'form')).toBe(!isRecord)
  })
})

const EACH = `
import json, sys
sys.path.insert(0, sys.argv[1])
import verify
for line in sys.stdin:
    file, known = json.loads(line)
    words = [file]
    for name, values in known.items():
        for value in values if isinstance(values, list) else [values]:
            words += ["--" + name, value]
    file, _, given = verify.read_arguments(words)
    sys.stdout.buffer.write(verify.utf8(verify.json_text(verify.verify_pack(verify.open_source(file), given)) + "\\n"))
`
const SIGNED = `
import json, sys
sys.path.insert(0, sys.argv[1])
import verify
for line in sys.stdin:
    one = {name: bytes.fromhex(value) for name, value in json.loads(line).items() if isinstance(value, str)}
    print(verify.is_key(one["key"]) and verify.is_signed(one["message"], one["signature"], one["key"]))
`

/** RFC 8032, 7.1, tests 1 to 3. */
const RFC_8032: readonly (readonly [string, string, string])[] = [
  [
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
]

const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n

type Judged = {
  readonly key: string
  readonly message: string
  readonly signature: string
  readonly holds: boolean
}

/** True signatures of several keys, each also bent in some ways; what Node's own verification says of them stands beside. */
const bentSignatures = (): Judged[] =>
  [1, 2, 3, 4, 5, 6].flatMap((byte) => bentOf(nodeKey(byte), Buffer.alloc(byte * 20, byte)))

function bentOf(privateKey: KeyObject, message: Buffer): Judged[] {
  const publicKey = createPublicKey(privateKey)
  const key = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex')
  const signature = sign(null, message, privateKey)
  const bent = [
    signature,
    withS(signature, (s) => s + ORDER),
    withS(signature, () => 0n),
    flipped(signature),
    signature.subarray(1),
    Buffer.alloc(64),
  ]
  return bent.map((bytes) => ({
    key,
    message: message.toString('hex'),
    signature: bytes.toString('hex'),
    holds: verify(null, message, publicKey, bytes),
  }))
}

function withS(signature: Buffer, edit: (s: bigint) => bigint): Buffer {
  const s = edit(BigInt(`0x${reversed(signature.subarray(32)).toString('hex')}`))
  return Buffer.concat([
    signature.subarray(0, 32),
    reversed(Buffer.from(s.toString(16).padStart(64, '0'), 'hex')),
  ])
}

const reversed = (bytes: Buffer): Buffer => Buffer.from([...bytes].toReversed())

function flipped(signature: Buffer): Buffer {
  const bytes = Buffer.from(signature)
  bytes[5] = present(bytes[5]) ^ 4
  return bytes
}

/** Keys of the small subgroup, under which one signature holds for many messages, and one that is not canonical. */
const NO_KEYS: readonly Judged[] = ['01'.padEnd(64, '0'), '0'.repeat(64), `ee${'ff'.repeat(30)}7f`].map(
  (key) => ({ key, message: '00', signature: '01'.padEnd(128, '0'), holds: false }),
)

const python = (program: string, input: string): string[] => {
  const { stdout, stderr } = spawnSync('python3', ['-B', '-c', program, TOOLS], {
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  if (stderr !== '') throw new Error(stderr)
  return stdout.split('\n').slice(0, -1)
}

;(hasPython ? describe : describe.skip)('the verifier in Python', () => {
  it('says the very same of every pack above', () => {
    const lines = python(EACH, asked.map(({ path, known }) => `${JSON.stringify([path, known])}\n`).join(''))
    expect(asked.length).toBeGreaterThan(90)
    expect(lines.length).toBe(asked.length)
    for (const [at, line] of lines.entries()) expect(line).toBe(present(asked[at]).said)
  })

  it('knows the signatures of RFC 8032, and none that is bent', () => {
    const known = RFC_8032.map(([key, message, signature]) => ({ key, message, signature, holds: true }))
    const cases = [...known, ...bentSignatures(), ...NO_KEYS]
    const lines = python(SIGNED, cases.map((one) => `${JSON.stringify(one)}\n`).join(''))
    expect(lines).toEqual(cases.map((one) => (one.holds ? 'True' : 'False')))
    expect(cases.filter((one) => one.holds).length).toBe(9)
  })
})
