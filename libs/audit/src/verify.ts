import type { Evidence, Fault, Verification } from '@writ/contracts'
import type { Row } from './evidence-row.ts'
import { readRow } from './evidence-row.ts'
import { streamFaults } from './evidence-stream.ts'
import { faultAt } from './fault.ts'
import { grouped } from './grouped.ts'
import { partsOfStream } from './stream-chain.ts'

/** A node whose key the verifier knows from elsewhere. @property publicKey raw Ed25519 key, base64url */
export type KnownNode = { readonly node: string; readonly publicKey: string }

/** What a node that is not among the known ones is: a fault, or reported as not pinned. */
export type NewNodes = 'fault' | 'unpinned'

/**
 * Checks a tenant's records offline: form of every record, sequence and chain of every stream from its start, the
 * nodes' signatures, that every stream with records has a signed head, that nothing up to that head is missing, and that the
 * records are as many as the evidence says the log counts. Each fault names the record it is about, where there is one.
 *
 * Who can sign as a node can write any history, so a node key that is compared with nothing (`unpinnedNodes`) shows damage
 * and not forgery. And whoever makes the evidence can always go back: leave out what came after an older head that a node
 * did sign, or leave out a whole stream, number the leaves anew and state a smaller log. Nothing here shows that: it takes a
 * witness, or the records of earlier evidence to compare with.
 * @param knownNodes keys learnt elsewhere, which the evidence must agree with
 */
export function verifyEvidence(
  evidence: Evidence,
  knownNodes?: readonly KnownNode[],
  newNodes?: NewNodes,
): Verification {
  const steps = verifyEvidenceInSteps(evidence, knownNodes, newNodes)
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
  }
}

/** The same, a record or a signature at a time, for a process in which others wait for their turns. */
export function* verifyEvidenceInSteps(
  evidence: Evidence,
  knownNodes?: readonly KnownNode[],
  newNodes: NewNodes = knownNodes === undefined ? 'unpinned' : 'fault',
): Generator<void, Verification> {
  const rows: Row[] = []
  for (const record of evidence.records) {
    rows.push(readRow(record))
    yield
  }
  const byStream = grouped(rows, (row) => row.place.stream)
  const keys = new Map(evidence.nodes.map(({ node, publicKey }) => [node as string, publicKey]))
  const pins = grouped(knownNodes ?? [], ({ node }) => node)
  const unpinnedNodes = [...keys.keys()].filter((node) => !pins.has(node))
  const faults = [
    ...nodeFaults(evidence, pins),
    ...(newNodes === 'fault' ? unpinnedNodes.map(newNodeFault) : []),
    ...streamListFaults(evidence),
    ...rows.flatMap((row) => row.faults),
    ...leafFaults(rows),
    ...logFaults(evidence),
    ...foreignFaults(evidence, byStream),
    ...makerFaults(rows),
  ]
  for (const stream of evidence.streams) {
    const key = keys.get(partsOfStream(stream.stream).node)
    for (const fault of yield* streamFaults(stream, byStream.get(stream.stream) ?? [], key))
      faults.push(fault)
    yield
  }
  const counts = { records: rows.length, streams: evidence.streams.length }
  return { holds: faults.length === 0, ...counts, faults, unpinnedNodes }
}

function nodeFaults({ nodes }: Evidence, pins: ReadonlyMap<string, readonly KnownNode[]>): Fault[] {
  const isRepeated = repeats()
  const repeated = nodes.filter(({ node }) => isRepeated(node))
  const changed = nodes.filter(({ node, publicKey }) =>
    pins.get(node)?.some((known) => known.publicKey !== publicKey),
  )
  return [
    ...repeated.map(({ node }) => faultAt({}, 'form', `the evidence has more than one key of ${node}`)),
    ...changed.map(({ node }) => faultAt({}, 'signature', `the key of ${node} is not the known one`)),
  ]
}

/** Whether an id was asked for before. */
function repeats(): (id: string) => boolean {
  const seen = new Set<string>()
  return (id) => seen.size === seen.add(id).size
}

const newNodeFault = (node: string): Fault => faultAt({}, 'signature', `no key of ${node} is known`)

function streamListFaults(evidence: Evidence): Fault[] {
  const isRepeated = repeats()
  return evidence.streams.flatMap(({ stream }) => {
    if (isRepeated(stream)) return [faultAt({ stream }, 'form', 'the stream is listed more than once')]
    if (partsOfStream(stream).tenant !== evidence.tenant)
      return [faultAt({ stream }, 'form', 'the stream is of another tenant')]
    return []
  })
}

/** Records stand in leaf order from 0, and the order of each stream agrees with it. */
function leafFaults(rows: readonly Row[]): Fault[] {
  const stray = rows.filter((row, at) => row.place.leafIndex !== at).slice(0, 1)
  const gaps = rows.flatMap((row, at) => {
    const leafIndex = leafBehind(rows[at - 1]?.place)
    return row.place.leafIndex > leafIndex ? [leafIndex] : []
  })
  return [
    ...stray.map((row) => faultAt(row.place, 'sequence', 'the leaf indexes are not contiguous from here on')),
    ...gaps.map((leafIndex) => faultAt({ leafIndex }, 'sequence', 'the evidence has no record of this leaf')),
  ]
}

/** Where the next record of the log stands. */
const leafBehind = (last: { readonly leafIndex: number } | undefined): number => (last?.leafIndex ?? -1) + 1

function logFaults({ logSize, records }: Evidence): Fault[] {
  if (records.length === logSize) return []
  const message = `the log counts ${logSize} records and the evidence holds ${records.length}`
  const missing = leafBehind(records.at(-1))
  return [faultAt(missing < logSize ? { leafIndex: missing } : {}, 'completeness', message)]
}

function foreignFaults(evidence: Evidence, byStream: ReadonlyMap<string, readonly Row[]>): Fault[] {
  const listed = new Set<string>(evidence.streams.map(({ stream }) => stream))
  return [...byStream]
    .filter(([stream]) => !listed.has(stream))
    .flatMap(([, rows]) => rows)
    .map((row) => faultAt(row.place, 'form', 'the record is of a stream that the evidence does not list'))
}

/** Enforcement points tell of calls and the platform of administration: one key that says both is in hands that it was not given to. */
function makerFaults(rows: readonly Row[]): Fault[] {
  const sides = new Map<string, Row['side']>()
  return rows.flatMap(({ place, side }) => {
    if (side === null) return []
    const { node } = partsOfStream(place.stream)
    const known = sides.get(node) ?? side
    sides.set(node, known)
    if (side !== 'both' && side === known) return []
    return [faultAt(place, 'form', 'a node says what points say and what the platform says')]
  })
}
