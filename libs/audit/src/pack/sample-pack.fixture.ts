import type { KeyObject } from 'node:crypto'
import { hash, sign } from 'node:crypto'
import type { Json, JsonObject, StreamId } from '@writ/contracts'
import type { Frame } from '../batch.ts'
import { canonical } from '../canonical.ts'
import { rawPublicKey } from '../node-key.ts'
import { AT, nodeKey, present } from '../sample.fixture.ts'
import { writeCheckpoint } from '../tree/checkpoint.ts'
import { proveConsistency } from '../tree/consistency.ts'
import { leafHash } from '../tree/hashes.ts'
import { proveInclusion } from '../tree/inclusion.ts'
import type { NoteKey } from '../tree/note-key.ts'
import { noteKeyId, writeNoteKey } from '../tree/note-key.ts'
import { cosignNote, signNote, writeNote } from '../tree/note.ts'
import { openRange, proveRange } from '../tree/range.ts'
import type { SampleLog } from './sample-log.fixture.ts'
import { canonicalBytes, nodeIdOf } from './sample-log.fixture.ts'

/** The members of a pack by name. */
export type Members = Map<string, Buffer>
export type PackKind = 'range' | 'filter' | 'filter-with-hashes'

export type PackWishes = {
  readonly kind: PackKind
  readonly from?: number
  readonly to?: number
  readonly treeSize?: number
  readonly matches?: (leaf: number) => boolean
  /** size of the checkpoint of the pack before */
  readonly previous?: number
  readonly withWitness?: boolean
  readonly withLeafHashes?: boolean
  readonly logKey?: KeyObject
}

export const LOG_KEY = nodeKey(200)
export const WITNESS_KEY = nodeKey(201)
export const originOf = (log: SampleLog): string => `audit.example.com/${log.tenant}`

const publicBytes = (key: KeyObject): Buffer => Buffer.from(rawPublicKey(key), 'base64url')
export const logNoteKey = (log: SampleLog, key: KeyObject = LOG_KEY): NoteKey => ({
  name: originOf(log),
  type: 'log',
  publicKey: publicBytes(key),
})
export const WITNESS: NoteKey = {
  name: 'witness.example.net/w1',
  type: 'witness',
  publicKey: publicBytes(WITNESS_KEY),
}
export const WITNESS_LINE = writeNoteKey(WITNESS)
export const keyIdOf = (key: NoteKey): string => noteKeyId(key).toString(16).padStart(8, '0')

export async function checkpointNote(
  log: SampleLog,
  size: number,
  of: { readonly withWitness?: boolean; readonly logKey?: KeyObject } = {},
): Promise<string> {
  const { withWitness = false, logKey = LOG_KEY } = of
  const root = await rootOf(log, size)
  const text = writeCheckpoint({ origin: originOf(log), size, root })
  const cosigned = withWitness
    ? [cosignNote(text, { key: WITNESS, privateKey: WITNESS_KEY }, 1_795_168_800)]
    : []
  return writeNote({ text, signatures: [signNote(text, logNoteKey(log, logKey), logKey), ...cosigned] })
}

async function rootOf(log: SampleLog, size: number): Promise<Uint8Array> {
  const proof = await proveRange(log.tiles, { from: size, to: size }, size)
  return present(present(openRange(proof)).root())
}

type TrustWishes = {
  readonly version?: number
  readonly keys?: readonly { readonly key: KeyObject; readonly until: string | null }[]
  readonly signers?: readonly KeyObject[]
}

export function trustOf(log: SampleLog, of: TrustWishes = {}): Buffer {
  const { version = 1, keys = [{ key: LOG_KEY, until: null }], signers = [LOG_KEY] } = of
  const trust = {
    v: 'writ.trust.v1',
    version,
    issuedAt: AT,
    tenant: log.tenant,
    origin: originOf(log),
    logKeys: keys.map(({ key, until }) => ({ key: writeNoteKey(logNoteKey(log, key)), until })),
    witnesses: [WITNESS_LINE],
  }
  const statement = Buffer.from(`writ.trust.v1\n${canonical(trust)}`)
  const signatures = signers.map((key) => ({
    kid: keyIdOf(logNoteKey(log, key)),
    signature: sign(null, statement, key).toString('base64url'),
  }))
  return canonicalBytes({ ...trust, signatures })
}

export async function makePack(log: SampleLog, wishes: PackWishes): Promise<Members> {
  const { kind, logKey = LOG_KEY } = wishes
  const treeSize = wishes.treeSize ?? present(log.sizes.at(-1))
  const [from, to] = [wishes.from ?? 0, wishes.to ?? treeSize]
  const matches = kind === 'range' ? () => true : (wishes.matches ?? ((leaf) => leaf % 3 === 0))
  const rows = Array.from({ length: to - from }, (_, at) => from + at).filter(matches)
  const members: Members = new Map()
  members.set('records.jsonl', linesOf(rows.map((leaf) => present(log.leaves[leaf]).bytes)))
  members.set('leaves.txt', linesOf(rows.map(String)))
  const wanted = new Set(rows)
  const disclosures = log.disclosures.filter(({ leaf }) => wanted.has(leaf))
  members.set('disclosures.jsonl', linesOf(disclosures.map((disclosure) => canonical(disclosure))))
  setStreams(members, log, rows)
  await setProofs(members, log, { ...wishes, from, to, treeSize }, rows)
  const known = new Map(disclosures.map(({ leaf, value }) => [leaf, value]))
  members.set('records.csv', csvOf(log, rows, known))
  members.set('report.pdf', Buffer.from('%PDF-1.7\n'))
  members.set('checkpoint.note', Buffer.from(await checkpointNote(log, treeSize, wishes)))
  members.set('trust.json', trustOf(log, { keys: [{ key: logKey, until: null }], signers: [logKey] }))
  const frames = rows.map((leaf) => present(log.leaves[leaf]))
  const manifest = {
    v: 'writ.pack.v1',
    id: `pak_${'0'.repeat(26)}`,
    createdAt: AT,
    tenant: log.tenant,
    origin: originOf(log),
    kind,
    from,
    to,
    treeSize,
    rows: rows.length,
    query: {},
    requestedBy: { name: 'Olga' },
    erasures: [],
    bundles: bundlesOf(frames),
    streams: streamsOf(frames),
  }
  return sealManifest(members, manifest, log, logKey)
}

function bundlesOf(frames: readonly Frame[]): JsonObject[] {
  const versions = frames.map(({ bytes }) =>
    Number(/"bundle":\{"sha256":"\d{64}","version":(\d+)\}/.exec(bytes)?.[1]),
  )
  return [...new Set(versions)]
    .toSorted((one, other) => one - other)
    .map((version) => ({ version, sha256: String(version - 12).repeat(64) }))
}

/** Writes sizes and hashes of the members into the manifest, and signs it. */
export function sealManifest(
  members: Members,
  manifest: JsonObject,
  log: SampleLog,
  key: KeyObject = LOG_KEY,
): Members {
  const sealed = [...members].filter(([name]) => name !== 'manifest.json' && name !== 'manifest.jws')
  const stated = sealed.map(([name, bytes]) => [
    name,
    { bytes: bytes.length, sha256: hash('sha256', bytes, 'hex') },
  ])
  const bytes = canonicalBytes({ ...manifest, members: Object.fromEntries(stated) })
  const header = canonicalBytes({ alg: 'EdDSA', kid: keyIdOf(logNoteKey(log, key)) }).toString('base64url')
  const signed = `${header}.${bytes.toString('base64url')}`
  const jws = Buffer.from(`${signed}.${sign(null, Buffer.from(signed), key).toString('base64url')}`)
  return new Map([['manifest.json', bytes], ['manifest.jws', jws], ...sealed])
}

export const manifestOf = (members: Members): JsonObject =>
  JSON.parse(present(members.get('manifest.json')).toString('utf8'))

export const linesOf = (lines: readonly string[]): Buffer =>
  Buffer.from(lines.map((line) => `${line}\n`).join(''))

async function setProofs(
  members: Members,
  log: SampleLog,
  of: PackWishes & { readonly from: number; readonly to: number; readonly treeSize: number },
  rows: readonly number[],
): Promise<void> {
  const { kind, from, to, treeSize, previous, withLeafHashes = true } = of
  if (kind === 'filter') {
    const proofs: string[] = []
    for (const leaf of rows)
      proofs.push(canonical({ leaf, hashes: (await proveInclusion(log.tiles, leaf, treeSize)).map(hexOf) }))
    members.set('proofs.jsonl', linesOf(proofs))
  } else {
    const { left, right } = await proveRange(log.tiles, { from, to }, treeSize)
    members.set('range-proof.json', canonicalBytes({ left: left.map(hexOf), right: right.map(hexOf) }))
    if (withLeafHashes || kind !== 'range')
      members.set(
        'leaf-hashes.bin',
        Buffer.concat(log.leaves.slice(from, to).map(({ bytes }) => leafHash(bytes))),
      )
  }
  const before = previous === undefined ? null : await checkpointNote(log, previous)
  const hashes = previous === undefined ? [] : await proveConsistency(log.tiles, previous, treeSize)
  members.set('consistency.json', canonicalBytes({ from: before, hashes: hashes.map(hexOf) }))
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

function setStreams(members: Members, log: SampleLog, rows: readonly number[]): void {
  const frames = rows.map((leaf) => present(log.leaves[leaf]))
  const streams = [...new Set(frames.map(({ stream }) => stream))].toSorted()
  const nodes = [...new Set(streams.map(nodeIdOf))].toSorted()
  const seqs = new Set(frames.map(({ stream, seq }) => `${stream} ${seq}`))
  const batches = log.batches
    .filter(({ stream, fromSeq, count }) =>
      Array.from({ length: count }, (_, at) => `${stream} ${fromSeq + at}`).some((place) => seqs.has(place)),
    )
    .toSorted((one, other) =>
      one.stream === other.stream ? one.fromSeq - other.fromSeq : one.stream < other.stream ? -1 : 1,
    )
  members.set('batches.jsonl', linesOf(batches.map((batch) => canonical(batch))))
  members.set(
    'streams.json',
    canonicalBytes({
      nodes: nodes.map((node) => ({ node, publicKey: rawPublicKey(present(log.nodes.get(node))) })),
      streams: streams.map((stream) => ({ stream, head: headOf(log, stream) })),
    }),
  )
}

function headOf(log: SampleLog, stream: StreamId): Json {
  const head = log.heads.get(stream)
  if (head === undefined) return null
  const { at, headHash, nextSeq, signature } = head
  return { at, headHash, nextSeq, signature }
}

function streamsOf(frames: readonly Frame[]): JsonObject[] {
  const streams = [...new Set(frames.map(({ stream }) => stream))].toSorted()
  return streams.map((stream) => {
    const own = frames.filter((frame) => frame.stream === stream)
    return { stream, first: present(own[0]).seq, last: present(own.at(-1)).seq, rows: own.length, lost: [] }
  })
}

const COLUMNS = [
  'at',
  'outcome',
  'human.name',
  'agent.name',
  'action.tool',
  'action',
  'outbound.matches.0.rule',
  'parent',
  'seq',
]
const FORMULA = /^(?=[\t\r\n])|(?<![^;\t\r\n])(?=[ "'\u00a0\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20])/g

function csvOf(log: SampleLog, rows: readonly number[], names: ReadonlyMap<number, string>): Buffer {
  const header = ['leaf', ...COLUMNS]
  const table = rows.map((leaf) => {
    const record: unknown = JSON.parse(present(log.leaves[leaf]).bytes)
    const cell = (column: string): string =>
      column === 'human.name'
        ? (names.get(leaf) ?? '(sealed)')
        : cellOf(column.split('.').reduce(memberOf, record))
    return [String(leaf), ...COLUMNS.map(cell)]
  })
  const text = [header, ...table].map((cells) => cells.map(quoted).join(',') + '\r\n').join('')
  return Buffer.from(text)
}

const quoted = (cell: string): string => `"${cell.replaceAll(FORMULA, "'").replaceAll('"', '""')}"`
const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined

function cellOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it is a part of what JSON.parse gave
  return typeof value === 'string' ? value : canonical(value as Json)
}
