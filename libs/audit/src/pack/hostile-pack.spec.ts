import { spawnSync } from 'node:child_process'
import type { KeyObject } from 'node:crypto'
import { hash, sign } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { JsonObject } from '@writ/contracts'
import type { PackVerification } from '../../verify/verify.mjs'
import { textOf } from '../../verify/verify.mjs'
import { canonical } from '../canonical.ts'
import { nodeKey, present } from '../sample.fixture.ts'
import {
  bothSay,
  hasPython,
  MOST_PASSES,
  onePassMicros,
  python,
  VERIFY_PY,
} from './both-verifiers.fixture.ts'
import type { SampleBatch, SampleDisclosure } from './sample-log.fixture.ts'
import { nodeIdOf, sampleLog } from './sample-log.fixture.ts'
import type { Members } from './sample-pack.fixture.ts'
import {
  keyIdOf,
  linesOf,
  makePack,
  manifestOf,
  sealManifest,
  WITNESS,
  WITNESS_KEY,
} from './sample-pack.fixture.ts'
import { zipOf, zipOfMembers } from './zip.fixture.ts'

// Packs whose maker wants a verifier to fall over, to take all memory, to say something else than the other one, or to name no leaf.

const log = sampleLog({ leaves: 40, streams: 4, seed: 3 })

let folder = ''
let truth: Members = new Map()
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'writ-hostile-'))
  truth = await makePack(log, { kind: 'range', withWitness: true })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What both verifiers say of a zip. */
function said(zip: Buffer): Promise<PackVerification> {
  const path = join(folder, 'pack.zip')
  writeFileSync(path, zip)
  return bothSay(path)
}

const sealed = (members: Members, more: JsonObject = {}): Members =>
  sealManifest(members, { ...manifestOf(members), ...more }, log)
const withMember = (name: string, bytes: Buffer): Members => sealed(new Map(truth).set(name, bytes))
const linesIn = (name: string): string[] => present(truth.get(name)).toString().split('\n').slice(0, -1)
const parsed = (text: string): JsonObject => JSON.parse(text)
const messagesOf = ({ faults }: PackVerification): string[] => [
  ...new Set(faults.map(({ message }) => message)),
]
const leavesNamed = ({ faults }: PackVerification, message: string): (number | null)[] =>
  faults.filter((fault) => fault.message === message).map(({ leaf }) => leaf)
const leavesOf = (isMeant: (stream: string, seq: number) => boolean): number[] =>
  log.leaves.flatMap(({ stream, seq }, leaf) => (isMeant(stream, seq) ? [leaf] : []))

const streamsWith = (lost: readonly (readonly number[])[]): JsonObject => ({
  streams: JSON.parse(canonical(present(manifestOf(truth)['streams']))).map((stream: JsonObject) => ({
    ...stream,
    lost,
  })),
})

function signedBatch(change: Partial<SampleBatch>, key?: KeyObject): string {
  const batch: SampleBatch = { ...JSON.parse(present(linesIn('batches.jsonl').at(-1))), ...change }
  const { stream, fromSeq, count, headHash } = batch
  const text = `writ.batch.v1\n${stream}\n${fromSeq}\n${count}\n${headHash}\n`
  const signer = key ?? present(log.nodes.get(nodeIdOf(stream)))
  return canonical({ ...batch, signature: sign(null, Buffer.from(text), signer).toString('base64url') })
}

/** A record of a stream of its own, which names a bundle of its own. */
function recordOf(at: number): string {
  const node = `nod_${String(at).padStart(26, '0')}`
  const record = parsed(present(linesIn('records.jsonl')[0]))
  const stream = `${node}:boo_${'0'.repeat(26)}:${log.tenant}`
  const bundle = { version: 100 + at, sha256: '0'.repeat(64) }
  return canonical({ ...record, stream, bundle, gateway: { node, build: '0.1.0' } })
}

describe('a verifier does not fall over', () => {
  it('at more lost ranges than a call has arguments', async () => {
    const lost = Array.from({ length: 130_000 }, (_, at) => [1000 + 2 * at, 1001 + 2 * at])
    const streams = streamsWith([])['streams']
    const [first, ...others] = Array.isArray(streams) ? streams : []
    const more = { streams: [{ ...Object(first), lost }, ...others] }
    expect(await said(zipOfMembers(sealed(truth, more)))).toMatchObject({ holds: true, behind: [] })
  })

  it('at a table in which one column stands so often that a row is longer than any text', async () => {
    const [first, ...others] = linesIn('records.jsonl')
    const long = canonical({ ...parsed(present(first)), a: 'x'.repeat(60_000) })
    const header = ['"leaf"', ...Array.from({ length: 12_000 }, () => '"a"')].join(',')
    const members = withMember('records.csv', Buffer.from(`${header}\r\nx`))
    members.set('records.jsonl', linesOf([long, ...others]))
    const result = await said(zipOfMembers(sealed(members)))
    expect(messagesOf(result)).toContain('the CSV has no header of its form')
    expect(result.faults).toContainEqual(expect.objectContaining({ check: 'leaf', leaf: 0 }))
  })

  it('at a cosignature of a time that no calendar has', async () => {
    const note = present(truth.get('checkpoint.note')).toString()
    const text = note.slice(0, note.lastIndexOf('\n\n') + 1)
    const time = Buffer.alloc(8)
    time.writeBigUInt64BE(9_000_000_000_000_000n)
    const signature = sign(null, Buffer.from(`cosignature/v1\ntime 9000000000000000\n${text}`), WITNESS_KEY)
    const line = Buffer.concat([Buffer.from(keyIdOf(WITNESS), 'hex'), time, signature]).toString('base64')
    const lines = note.split('\n').toSpliced(5, 1, `\u2014 ${WITNESS.name} ${line}`)
    const result = await said(zipOfMembers(withMember('checkpoint.note', Buffer.from(lines.join('\n')))))
    expect(result.holds).toBe(true)
    expect(textOf(result)).toContain(`${WITNESS.name} at second 9000000000000000`)
  })

  it.each<[string, () => Buffer]>([
    ['values in many more values', () => Buffer.alloc(48 << 20, '[')],
    ['many small values', () => Buffer.from(`[${'[],'.repeat(2_100_000)}[]]`)],
  ])('at a large member that is %s', async (_, make) => {
    const member = make()
    const zip = zipOfMembers(withMember('streams.json', member))
    const passMicros = onePassMicros(member)
    const begun = process.cpuUsage()
    const result = await said(zip)
    expect(messagesOf(result)).toContain('the member is not of its form')
    expect(process.cpuUsage(begun).user / passMicros).toBeLessThan(MOST_PASSES)
  })

  it('at records of streams and bundles without end', async () => {
    const lines = Array.from({ length: 250 }, (_, at) => recordOf(at))
    const result = await said(zipOfMembers(withMember('records.jsonl', linesOf(lines))))
    expect(messagesOf(result)).toEqual(
      expect.arrayContaining([
        'the manifest does not name the stream of the record',
        'the policy bundles are not those that the manifest says',
      ]),
    )
  })
})

describe('both verifiers say the same', () => {
  it('of batches that reach beyond what numbers can tell apart', async () => {
    const far = [1, 2].map((count) =>
      signedBatch({ fromSeq: Number.MAX_SAFE_INTEGER, count, headHash: String(count).repeat(64) }),
    )
    const lines = [...linesIn('batches.jsonl'), ...far]
    const result = await said(zipOfMembers(withMember('batches.jsonl', linesOf(lines))))
    expect(messagesOf(result)).toEqual(['a line is not of its form'])
  })

  it.each<[string, number[][], number[]]>([
    ['one record', [[2, 3]], [2]],
    [
      'two that lie apart',
      [
        [0, 1],
        [2, 4],
      ],
      [0, 2, 3],
    ],
    [
      'one behind another that nothing follows',
      [
        [1, 2],
        [900, 901],
      ],
      [1],
    ],
  ])('of lost ranges: %s', async (_, lost, seqs) => {
    const result = await said(zipOfMembers(sealed(truth, streamsWith(lost))))
    expect(leavesNamed(result, 'the manifest says that this record is lost')).toEqual(
      leavesOf((_stream, seq) => seqs.includes(seq)),
    )
  })

  it('of a member whose checksum is another, in the directory as before the member', async () => {
    const entries = [...truth].map(([name, bytes], at) => ({ name, bytes, stored: at % 2 === 0 }))
    for (const name of ['manifest.json', 'manifest.jws', 'records.jsonl', 'leaves.txt']) {
      const at = entries.findIndex((entry) => entry.name === name)
      const zip = withChecksum(zipOf(entries), at)
      expect((await said(zip)).faults).toEqual([
        expect.objectContaining({
          check: 'zip',
          member: name,
          message: 'the member has not the checksum that the directory says',
        }),
      ])
    }
  })
})

describe('a value that was opened', () => {
  it.each<[string, (number | null)[]]>([
    ['A\ufffd', []],
    ['A\ud800', [0]],
  ])('is the one that was committed to, and none that has the same bytes: %j', async (value, named) => {
    const [first, ...others] = linesIn('disclosures.jsonl')
    const disclosure: SampleDisclosure = JSON.parse(present(first))
    const salt = Buffer.from(disclosure.salt, 'hex')
    const c = hash('sha256', Buffer.concat([Buffer.from('writ-c1'), salt, Buffer.from('A\ufffd')]), 'hex')
    const records = linesIn('records.jsonl').map((line) => line.replace(/"c":"[0-9a-f]{64}"/, `"c":"${c}"`))
    const members = withMember('disclosures.jsonl', linesOf([canonical({ ...disclosure, value }), ...others]))
    const { faults } = await said(zipOfMembers(sealed(members.set('records.jsonl', linesOf(records)))))
    const own = faults.filter(({ check, leaf }) => check === 'disclosure' && leaf === 0)
    expect(own.map(({ leaf }) => leaf)).toEqual(named)
  })
})

/** Another checksum of one member, in its local header and in the directory. */
function withChecksum(zip: Buffer, which: number): Buffer {
  const altered = Buffer.from(zip)
  let at = zip.readUInt32LE(zip.length - 6)
  for (let before = 0; before < which; before += 1) at += 46 + zip.readUInt16LE(at + 28)
  const sum = (zip.readUInt32LE(at + 16) ^ 1) >>> 0
  altered.writeUInt32LE(sum, at + 16)
  altered.writeUInt32LE(sum, zip.readUInt32LE(at + 42) + 14)
  return altered
}

describe('what no node signed is named by its leaf', () => {
  it('each record of a batch that another key signed', async () => {
    const lines = linesIn('batches.jsonl')
    const { stream, fromSeq, count } = parsed(present(lines.at(-1)))
    const forged = [...lines.slice(0, -1), signedBatch({}, nodeKey(98))]
    const result = await said(zipOfMembers(withMember('batches.jsonl', linesOf(forged))))
    expect(messagesOf(result)).toContain('a batch is not signed by its node')
    expect(leavesNamed(result, 'no signed batch holds the record')).toEqual(
      leavesOf((of, seq) => of === stream && seq >= Number(fromSeq) && seq < Number(fromSeq) + Number(count)),
    )
  })

  it('each record of a batch that ends otherwise than the head that its node signed', async () => {
    const lines = linesIn('batches.jsonl')
    const { stream, fromSeq } = parsed(present(lines.at(-1)))
    const forked = [...lines.slice(0, -1), signedBatch({ headHash: '1'.repeat(64) })]
    const result = await said(zipOfMembers(withMember('batches.jsonl', linesOf(forked))))
    expect(messagesOf(result)).toContain('a node signed two histories of a stream')
    expect(leavesNamed(result, 'no signed batch holds the record')).toEqual(
      leavesOf((of, seq) => of === stream && seq >= Number(fromSeq)),
    )
  })

  it('the last record of a stream whose head another key signed', async () => {
    const streams = JSON.parse(present(truth.get('streams.json')).toString())
    const [first] = streams.streams
    first.head.signature = sign(null, Buffer.from('another head'), nodeKey(98)).toString('base64url')
    const result = await said(zipOfMembers(withMember('streams.json', Buffer.from(canonical(streams)))))
    expect(messagesOf(result)).toContain('a stream head is not signed by its node')
    const own = leavesOf((stream) => stream === first.stream)
    expect(leavesNamed(result, 'the head of the stream that ends here is not signed by its node')).toEqual([
      own.at(-1),
    ])
  })
})

describe('what people read', () => {
  it('is nothing that a terminal obeys', async () => {
    const origin = 'x\n\u001b[2J\u001b[HThe pack HOLDS.\u009b\u202e'
    const result = await said(zipOfMembers(sealed(truth, { origin })))
    const texts = [textOf(result), ...(hasPython ? [python(join(folder, 'pack.zip'))] : [])]
    for (const text of texts)
      expect(text).toContain(String.raw`log x\u000a\u001b[2J\u001b[HThe pack HOLDS.\u009b\u202e of 40 leaves`)
  })
})

;(hasPython ? describe : describe.skip)('a verifier that fails itself', () => {
  it('says so, and nothing of the pack', () => {
    const path = join(folder, 'pack.zip')
    writeFileSync(path, zipOfMembers(truth))
    const program = [
      'import sys, verify',
      'def failing(*_): raise MemoryError("no room")',
      'verify.verify_pack = failing',
      'sys.argv[1:] = [sys.argv[2]]',
      'sys.exit(verify.main())',
    ].join('\n')
    const { status, stdout, stderr } = spawnSync('python3', ['-B', '-c', program, '-', path], {
      encoding: 'utf8',
      cwd: dirname(VERIFY_PY),
    })
    expect([status, stdout, stderr]).toEqual([2, '', "the verifier failed: MemoryError('no room')\n"])
  })
})
