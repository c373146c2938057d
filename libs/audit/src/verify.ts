import type { Evidence, Fault, Verification } from '@writ/contracts'
import type { Row } from './evidence-row.ts'
import { readRow } from './evidence-row.ts'
import { streamFaults } from './evidence-stream.ts'
import { faultAt } from './fault.ts'
import { grouped } from './grouped.ts'
import { partsOfStream } from './stream-chain.ts'

/** A node whose key the verifier knows from elsewhere. @property publicKey raw Ed25519 key, base64url */
export type KnownNode = { readonly node: string; readonly publicKey: string }

/**
 * Checks a tenant's records offline: form of every record, sequence and chain of every stream from its start, the
 * nodes' signatures, and that nothing up to the newest signed head is missing. Each fault names the record it is about.
 *
 * What evidence alone cannot show: that a whole stream was left out with everything about it, or that the tail after
 * the newest signed head was. And the node keys are only as trustworthy as the evidence unless `knownNodes` pins them.
 * @param knownNodes keys learnt elsewhere; when given, every node of the evidence must be among them
 */
export function verifyEvidence(evidence: Evidence, knownNodes?: readonly KnownNode[]): Verification {
  const rows = evidence.records.map(readRow)
  const byStream = grouped(rows, (row) => row.place.stream)
  const keys = new Map(evidence.nodes.map(({ node, publicKey }) => [node as string, publicKey]))
  const faults = [
    ...nodeFaults(evidence, knownNodes),
    ...streamListFaults(evidence),
    ...rows.flatMap((row) => row.faults),
    ...leafFaults(rows),
    ...foreignFaults(evidence, byStream),
    ...evidence.streams.flatMap((stream) =>
      streamFaults(stream, byStream.get(stream.stream) ?? [], keys.get(partsOfStream(stream.stream).node)),
    ),
  ]
  return { holds: faults.length === 0, records: rows.length, streams: evidence.streams.length, faults }
}

function nodeFaults(evidence: Evidence, knownNodes: readonly KnownNode[] | undefined): Fault[] {
  const repeated = evidence.nodes.filter(
    ({ node }, at) => evidence.nodes.findIndex((other) => other.node === node) !== at,
  )
  const unknown = evidence.nodes.filter(
    ({ node, publicKey }) =>
      knownNodes?.every((known) => known.node !== node || known.publicKey !== publicKey) ?? false,
  )
  return [
    ...repeated.map(({ node }) => faultAt({}, 'form', `the evidence has more than one key of ${node}`)),
    ...unknown.map(({ node }) => faultAt({}, 'signature', `the key of ${node} is not the known one`)),
  ]
}

function streamListFaults(evidence: Evidence): Fault[] {
  const ids = evidence.streams.map(({ stream }) => stream)
  const tenant = evidence.tenant.startsWith('ten_') ? evidence.tenant : partsOfStream(ids[0] ?? '').tenant
  return ids.flatMap((stream, at) => {
    if (ids.indexOf(stream) !== at)
      return [faultAt({ stream }, 'form', 'the stream is listed more than once')]
    if (partsOfStream(stream).tenant !== tenant)
      return [faultAt({ stream }, 'form', 'the stream is of another tenant')]
    return []
  })
}

/** Records stand in leaf order from 0, and the order of each stream agrees with it. */
function leafFaults(rows: readonly Row[]): Fault[] {
  return rows
    .filter((row, at) => row.place.leafIndex !== at)
    .slice(0, 1)
    .map((row) => faultAt(row.place, 'sequence', 'the leaf indexes are not contiguous from here on'))
}

function foreignFaults(evidence: Evidence, byStream: ReadonlyMap<string, readonly Row[]>): Fault[] {
  const listed = new Set<string>(evidence.streams.map(({ stream }) => stream))
  return [...byStream]
    .filter(([stream]) => !listed.has(stream))
    .flatMap(([, rows]) => rows)
    .map((row) => faultAt(row.place, 'form', 'the record is of a stream that the evidence does not list'))
}
