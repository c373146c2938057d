import type { Evidence, Fault } from '@writ/contracts'
import { batchStatement, headStatement } from '@writ/contracts'
import type { SignedHash } from './evidence-chain.ts'
import { chainFaults } from './evidence-chain.ts'
import { reachFaults } from './evidence-reach.ts'
import type { Row } from './evidence-row.ts'
import { faultAt } from './fault.ts'
import { statementHolds } from './node-key.ts'
import { partsOfStream } from './stream-chain.ts'

type Stream = Evidence['streams'][number]
type Batch = Stream['batches'][number]

/** Every fault of one stream: signatures, gaps, coverage, completeness and chain. One signature at a time. */
export function* streamFaults(
  stream: Stream,
  rows: readonly Row[],
  publicKey: string | undefined,
): Generator<void, Fault[]> {
  const bySeq = new Map(rows.toReversed().map((row) => [row.place.seq, row]))
  if (publicKey === undefined)
    return [faultAt(placeAt(stream, bySeq, 0), 'signature', 'the evidence holds no key of the node')]
  const sound = new Set<Batch>()
  for (const batch of stream.batches) {
    if (batchHolds(stream, batch, publicKey)) sound.add(batch)
    yield
  }
  const signed = [...[...sound].map(lastOf), ...headHash(stream, publicKey)]
  return [
    ...duplicateFaults(rows, bySeq),
    ...batchFaults(stream, bySeq, sound),
    ...headFaults(stream, bySeq, publicKey),
    ...gapFaults(stream, bySeq),
    ...lengthFaults(stream, bySeq),
    ...reachFaults(stream, rows),
    ...coverageFaults(stream, bySeq),
    ...chainFaults(bySeq, signed),
  ]
}

function batchHolds(stream: Stream, batch: Batch, publicKey: string): boolean {
  const { node, tenant } = partsOfStream(stream.stream)
  const placed = batch.stream === stream.stream && batch.node === node && batch.tenant === tenant
  return placed && statementHolds(batchStatement(batch), batch.signature, publicKey)
}

const lastOf = (batch: Batch): SignedHash => ({
  seq: batch.fromSeq + batch.count - 1,
  sha256: batch.headHash,
})

function headHash(stream: Stream, publicKey: string): SignedHash[] {
  const { head } = stream
  if (head === null || head.nextSeq === 0 || !headHolds(stream, publicKey)) return []
  return [{ seq: head.nextSeq - 1, sha256: head.headHash }]
}

const headHolds = ({ stream, head }: Stream, publicKey: string): boolean =>
  head === null || (head.stream === stream && statementHolds(headStatement(head), head.signature, publicKey))

function duplicateFaults(rows: readonly Row[], bySeq: ReadonlyMap<number, Row>): Fault[] {
  return rows
    .filter((row) => bySeq.get(row.place.seq) !== row)
    .map((row) => faultAt(row.place, 'sequence', 'the stream has another record with this sequence number'))
}

function batchFaults(stream: Stream, bySeq: ReadonlyMap<number, Row>, sound: ReadonlySet<Batch>): Fault[] {
  return stream.batches
    .filter((batch) => !sound.has(batch))
    .map((batch) => {
      const range = rangeText(batch.fromSeq, batch.fromSeq + batch.count)
      const place = placeAt(stream, bySeq, batch.fromSeq)
      return faultAt(
        place,
        'signature',
        `the batch of records ${range} is not signed by the node of the stream`,
      )
    })
}

function headFaults(stream: Stream, bySeq: ReadonlyMap<number, Row>, publicKey: string): Fault[] {
  if (headHolds(stream, publicKey)) return []
  const place = placeAt(stream, bySeq, (stream.head?.nextSeq ?? 0) - 1)
  return [faultAt(place, 'signature', 'the stream head is not signed by the node of the stream')]
}

function gapFaults(stream: Stream, bySeq: ReadonlyMap<number, Row>): Fault[] {
  return gapsOf(ascending(bySeq.keys())).map(([from, to]) =>
    faultAt(placeAt(stream, bySeq, from), 'sequence', `records ${rangeText(from, to)} are missing`),
  )
}

function gapsOf(present: readonly number[]): [number, number][] {
  const runs = runsOf(present)
  return runs
    .map(([first], at): [number, number] => [runs[at - 1]?.[1] ?? 0, first])
    .filter(([from, to]) => from < to)
}

function lengthFaults(stream: Stream, bySeq: ReadonlyMap<number, Row>): Fault[] {
  const end = (ascending(bySeq.keys()).at(-1) ?? -1) + 1
  const signedEnd = stream.batches.reduce(
    (most, batch) => Math.max(most, endOf(batch)),
    stream.head?.nextSeq ?? 0,
  )
  const promised = Math.max(stream.nextSeq, signedEnd)
  if (promised > end) {
    const message = `records ${rangeText(end, promised)} are missing at the end`
    return [faultAt(placeAt(stream, bySeq, end), 'completeness', message)]
  }
  if (stream.nextSeq < end) {
    const message = 'the stream is said to end before this record'
    return [faultAt(placeAt(stream, bySeq, stream.nextSeq), 'completeness', message)]
  }
  return []
}

const endOf = (batch: Batch): number => batch.fromSeq + batch.count

/** Batches may overlap (a node sends again what it saw no confirmation of), but together they leave no record out. */
function coverageFaults(stream: Stream, bySeq: ReadonlyMap<number, Row>): Fault[] {
  const ordered = stream.batches.toSorted((a, b) => a.fromSeq - b.fromSeq)
  let covered = 0
  let next = 0
  const bare = ascending(bySeq.keys()).filter((seq) => {
    for (let batch = ordered[next]; batch !== undefined && batch.fromSeq <= seq; batch = ordered[(next += 1)])
      covered = Math.max(covered, endOf(batch))
    return seq >= covered
  })
  return runsOf(bare).map(([from, to]) =>
    faultAt(
      placeAt(stream, bySeq, from),
      'signature',
      `no signed batch holds records ${rangeText(from, to)}`,
    ),
  )
}

/** Runs of consecutive numbers: `[first, one after the last]`. */
function runsOf(sequence: readonly number[]): [number, number][] {
  const runs: [number, number][] = []
  for (const seq of sequence) {
    const run = runs.at(-1)
    if (run?.[1] === seq) run[1] = seq + 1
    else runs.push([seq, seq + 1])
  }
  return runs
}

const ascending = (numbers: Iterable<number>): number[] => [...numbers].toSorted((a, b) => a - b)

function placeAt(stream: Stream, bySeq: ReadonlyMap<number, Row>, seq: number): Partial<Row['place']> {
  return bySeq.get(seq)?.place ?? { stream: stream.stream, seq: Math.max(seq, 0) }
}

const rangeText = (from: number, to: number): string => (to - from === 1 ? `${from}` : `${from} to ${to - 1}`)
