import type { KeyObject } from 'node:crypto'
import type { AuditRecord, Fault, StreamBatch, StreamId } from '@writ/contracts'
import { batchStatement, NodeId, STREAM_START, TenantId } from '@writ/contracts'
import { faultAt, isFault } from './fault.ts'
import { fits } from './fit-record.ts'
import { grouped } from './grouped.ts'
import { signStatement, statementHolds } from './node-key.ts'
import { hashOf, readRecord } from './record.ts'
import { partsOfStream } from './stream-chain.ts'

/** One stored record with its place in its stream. */
export type Frame = { readonly stream: StreamId; readonly seq: number; readonly bytes: string }

export type BatchLimits = { readonly records: number; readonly sizeBytes: number }
/** Escaped once more, as over HTTP, each of the bytes may become two: a request takes 1 MiB. */
export const BATCH_LIMITS: BatchLimits = { records: 200, sizeBytes: 448 * 1024 }

export type UnsignedBatch = Omit<StreamBatch, 'signature'>

/**
 * Cuts frames into batches: one stream each, consecutive, within the limits. The order of each stream is kept.
 * A single frame that is larger than `sizeBytes` travels alone.
 */
export function batchesOf(frames: Iterable<Frame>, limits: BatchLimits = BATCH_LIMITS): UnsignedBatch[] {
  const batches: UnsignedBatch[] = []
  for (const run of grouped(frames, (frame) => frame.stream).values())
    batches.push(...cutRun(run, limits).map(batchOf))
  return batches
}

/** Signs a batch with the node's Ed25519 private key. */
export const signBatch = (batch: UnsignedBatch, privateKey: KeyObject): StreamBatch => ({
  ...batch,
  signature: signStatement(batchStatement({ ...batch, count: batch.records.length }), privateKey),
})

/** Null when the batch holds in itself. @param publicKey raw Ed25519 key of the node, base64url */
export function verifyBatch(batch: StreamBatch, publicKey: string): Fault | null {
  const opened = openBatch(batch, publicKey)
  return isFault(opened) ? opened : null
}

/**
 * The records of a batch that holds: signed by the node, of one stream and tenant, chained and without gaps.
 * Whether its first record follows the last stored one is for the ledger to say.
 */
export function openBatch(batch: StreamBatch, publicKey: string): readonly AuditRecord[] | Fault {
  const unsound = envelopeFault(batch, publicKey)
  if (unsound !== null) return unsound
  const records: AuditRecord[] = []
  let prev = batch.fromSeq === 0 ? STREAM_START : null
  for (const [offset, bytes] of batch.records.entries()) {
    const record = openMember(batch, offset, prev)
    if (isFault(record)) return record
    records.push(record)
    prev = hashOf(bytes)
  }
  return prev === batch.headHash ? records : lastFault(batch, records.at(-1))
}

/**
 * The same, without looking into some of the records: null stands for each of those. That they are what the node signed shows in the chain
 * all the same, for the next record or the head names their hash.
 * @param unread places in the batch
 */
export function openBatchAround(
  batch: StreamBatch,
  publicKey: string,
  unread: ReadonlySet<number>,
): readonly (AuditRecord | null)[] | Fault {
  const unsound = envelopeFault(batch, publicKey)
  if (unsound !== null) return unsound
  const records: (AuditRecord | null)[] = []
  let prev = batch.fromSeq === 0 ? STREAM_START : null
  for (const [offset, bytes] of batch.records.entries()) {
    const record = unread.has(offset) ? null : openMember(batch, offset, prev)
    if (record !== null && isFault(record)) return record
    records.push(record)
    prev = hashOf(bytes)
  }
  return prev === batch.headHash
    ? records
    : lastFault(batch, records.findLast((record) => record !== null) ?? undefined)
}

function envelopeFault(batch: StreamBatch, publicKey: string): Fault | null {
  const place = { stream: batch.stream, seq: batch.fromSeq }
  const { node, tenant } = partsOfStream(batch.stream)
  if (batch.node !== node) return faultAt(place, 'form', 'the batch names another node than its stream')
  if (batch.tenant !== tenant) return faultAt(place, 'form', 'the batch names another tenant than its stream')
  const statement = batchStatement({ ...batch, count: batch.records.length })
  if (!statementHolds(statement, batch.signature, publicKey))
    return faultAt(place, 'signature', 'the batch is not signed by its node')
  // Bytes, where the form of a batch counts characters: a pack could not hold a longer one, and no range over it could be shown.
  const oversized = batch.records.findIndex((bytes) => !fits(bytes))
  return oversized === -1
    ? null
    : faultAt({ ...place, seq: batch.fromSeq + oversized }, 'form', 'the record is longer than 64 KiB')
}

function openMember(batch: StreamBatch, offset: number, prev: string | null): AuditRecord | Fault {
  const place = { stream: batch.stream, seq: batch.fromSeq + offset }
  const record = readRecord(batch.records[offset] ?? '')
  if (isFault(record)) return { ...record, ...place }
  const { decisionId } = record
  if (record.stream !== batch.stream)
    return faultAt({ ...place, decisionId }, 'form', 'the record is of another stream')
  if (record.seq !== place.seq)
    return faultAt({ ...place, decisionId }, 'sequence', `the record has sequence number ${record.seq}`)
  if (prev !== null && record.prev !== prev)
    return faultAt({ ...place, decisionId }, 'chain', 'the record does not follow the one before it')
  return record
}

function lastFault(batch: StreamBatch, last: AuditRecord | undefined): Fault {
  const place = {
    stream: batch.stream,
    seq: last?.seq ?? batch.fromSeq,
    decisionId: last?.decisionId ?? null,
  }
  return faultAt(place, 'chain', 'the signed head of the batch is not the hash of its last record')
}

function cutRun(run: readonly Frame[], limits: BatchLimits): Frame[][] {
  const pieces: Frame[][] = []
  let piece: Frame[] = []
  let sizeBytes = 0
  for (const frame of run) {
    const frameBytes = Buffer.byteLength(frame.bytes)
    const full = piece.length === limits.records || sizeBytes + frameBytes > limits.sizeBytes
    if (piece.length === 0 || full || frame.seq !== (piece.at(-1)?.seq ?? -1) + 1) {
      piece = []
      pieces.push(piece)
      sizeBytes = 0
    }
    piece.push(frame)
    sizeBytes += frameBytes
  }
  return pieces
}

function batchOf(piece: readonly Frame[]): UnsignedBatch {
  const [first, last] = [piece[0], piece.at(-1)]
  if (first === undefined || last === undefined) throw new RangeError('a batch has at least one record')
  const { node, tenant } = partsOfStream(first.stream)
  return {
    stream: first.stream,
    tenant: TenantId.parse(tenant),
    node: NodeId.parse(node),
    fromSeq: first.seq,
    records: piece.map((frame) => frame.bytes),
    headHash: hashOf(last.bytes),
  }
}
