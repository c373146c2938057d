import type { KeyObject } from 'node:crypto'
import { createPrivateKey } from 'node:crypto'
import type { Evidence, StreamBatch, StreamId } from '@writ/contracts'
import { streamIdOf } from '@writ/contracts'
import type { Frame } from './batch.ts'
import { batchesOf, signBatch } from './batch.ts'
import { signHead } from './head.ts'
import { rawPublicKey } from './node-key.ts'
import type { RecordFields } from './record.ts'
import { hashOf, sealRecord } from './record.ts'
import { extendStream, startOfStream } from './stream-chain.ts'

/** Ids and keys that specs share: fixed, so that a failure can be repeated. */
const ulid = (digit: string): string => digit.repeat(26)
export const TENANT = `ten_${ulid('1')}` as const
export const NODE = `nod_${ulid('2')}` as const
export const STREAM = streamIdOf(NODE, `boo_${ulid('3')}`, TENANT)
export const OTHER_STREAM = streamIdOf(NODE, `boo_${ulid('4')}`, TENANT)
export const FOREIGN_STREAM = streamIdOf(NODE, `boo_${ulid('3')}`, `ten_${ulid('9')}`)
export const AT = '2026-11-20T10:00:00.000Z'

/** For what a spec knows to be there. */
export function present<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new TypeError('the spec expects something here')
  return value
}

/** An Ed25519 private key made of one repeated byte (PKCS #8 of RFC 8410). */
export const nodeKey = (byte: number): KeyObject =>
  createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, byte)]),
    format: 'der',
    type: 'pkcs8',
  })
export const KEY = nodeKey(7)
export const PUBLIC_KEY = rawPublicKey(KEY)

const MATCH = {
  policy: `pol_${ulid('A')}`,
  policyName: 'no deletes',
  policyVersion: 3,
  rule: 'no-delete',
  effect: 'deny',
  mode: 'enforce',
  reason: 'deleting is not allowed',
  errored: false,
  overriddenBy: null,
} as const

export const fields = (serial: number, tenant: `ten_${string}` = TENANT): RecordFields => ({
  kind: 'closed',
  decisionId: `dec_${String(serial).padStart(26, '0')}`,
  tenant,
  at: AT,
  channel: 'gateway',
  human: { id: `hum_${ulid('5')}`, name: 'Zoë "Z" Ångström' },
  agent: { id: `agt_${ulid('6')}`, name: 'release agent' },
  delegators: [],
  session: `ses_${ulid('7')}`,
  keyThumbprint: 'a'.repeat(43),
  connection: { id: `con_${ulid('8')}`, name: 'files' },
  action: {
    method: 'tools/call',
    tool: 'delete_file',
    class: 'destructive',
    classSource: 'inferred',
    resource: 'files/delete_file',
  },
  outcome: 'deny',
  refusal: 'policy_denied',
  outbound: {
    outcome: 'deny',
    matches: [MATCH],
    signals: ['pii.email'],
    modified: false,
    byDefault: false,
    labels: [],
    hidden: [],
    approval: null,
  },
  inbound: null,
  bundle: { version: 12, sha256: 'b'.repeat(64) },
  credential: null,
  request: { sha256: 'c'.repeat(64), sizeBytes: 120 },
  response: null,
  administration: null,
  local: null,
  finding: null,
  durationMicros: 431,
  gateway: { node: NODE, build: '0.1.0' },
})

/** Frames `0 .. count - 1` of a stream, sealed and chained. */
export function framesOf(stream: StreamId, count: number, tenant: `ten_${string}` = TENANT): Frame[] {
  let position = startOfStream(stream)
  return Array.from({ length: count }, (_, seq) => {
    const sealed = sealRecord(fields(seq, tenant), position)
    position = extendStream(position, sealed.sha256)
    return { stream, seq, bytes: sealed.bytes }
  })
}

type EvidenceStream = Evidence['streams'][number]

/** One stream of an evidence: signed batches of `batchSize`, and a head over all of it. */
export function evidenceStream(
  frames: readonly Frame[],
  batchSize: number,
  key: KeyObject = KEY,
): EvidenceStream {
  const [first, last] = [present(frames[0]), present(frames.at(-1))]
  const batches = batchesOf(frames, { records: batchSize, sizeBytes: 1e9 }).map((batch) =>
    signBatch(batch, key),
  )
  const nextSeq = frames.length
  const head = signHead({ stream: first.stream, nextSeq, headHash: hashOf(last.bytes), at: AT }, key)
  return { stream: first.stream, nextSeq, head, batches: batches.map(withoutRecords) }
}

function withoutRecords({ records, ...batch }: StreamBatch): EvidenceStream['batches'][number] {
  return { ...batch, count: records.length }
}

/** An evidence of two streams, their records interleaved; a stream without frames is none. */
export function evidenceOf(first: readonly Frame[], second: readonly Frame[], batchSize = 2): Evidence {
  const frames = first.flatMap((frame, at) => [frame, ...second.slice(at, at + 1)])
  return {
    format: 'writ.evidence.v1',
    tenant: TENANT,
    exportedAt: AT,
    logSize: frames.length,
    nodes: [{ node: NODE, publicKey: PUBLIC_KEY }],
    streams: [first, second].filter((of) => of.length > 0).map((of) => evidenceStream(of, batchSize)),
    records: frames.map((frame, leafIndex) => ({ leafIndex, ...frame })),
  }
}
