import { hash } from 'node:crypto'
import type { Fault, Json } from '@writ/contracts'
import { AuditRecord } from '@writ/contracts'
import { canonical } from './canonical.ts'
import { faultAt } from './fault.ts'
import { fitRecord } from './fit-record.ts'
import { writeRecord } from './record-text.ts'
import type { StreamPosition } from './stream-chain.ts'

/** What the caller knows of a record; the rest is its position in the stream. */
export type RecordFields = Omit<AuditRecord, 'v' | 'stream' | 'seq' | 'prev'>

/** `bytes` is what is stored and hashed (as UTF-8); `sha256` is its hash, hex. */
export type SealedRecord = { readonly bytes: string; readonly sha256: string }

/**
 * The stored bytes of a record at its position. A record that would pass 64 KiB is cut to fit (see `fitRecord`).
 * @throws when a field does not fit the schema or the position is of another tenant or node: such a record would never
 *   be accepted and would block its stream for good
 */
export function sealRecord(fields: RecordFields, { stream, seq, prev }: StreamPosition): SealedRecord {
  return sealWhole({ ...fields, v: 'writ.decision.v1', stream, seq, prev })
}

/** The same of a record that was made with its position in it: members of another object, copied for each record, cost as much as writing it. */
export function sealWhole(record: AuditRecord): SealedRecord {
  const misplaced = placementFault(record)
  if (misplaced !== null) throw new TypeError(misplaced.message)
  const bytes = fitRecord(writeRecord(record))
  return { bytes, sha256: hashOf(bytes) }
}

/**
 * Reads stored bytes. Only the canonical form is accepted, so one record has one byte form: that of the members that it was written with,
 * for a record of an earlier release lacks some, and reading gives those their defaults.
 */
export function readRecord(bytes: string): AuditRecord | Fault {
  const tree = treeOf(bytes)
  if (tree === undefined) return faultAt({}, 'form', 'the record is not JSON')
  if (isWrittenSo(tree, bytes)) return placementFault(tree) ?? tree
  const read = readTree(tree)
  if (read === null)
    return faultAt({}, 'form', 'the record is malformed: it is nested deeper than anybody can look')
  if (!read.success) return faultAt({}, 'form', `the record is malformed at ${placesOf(read.error.issues)}`)
  const { stream, seq, decisionId } = read.data
  if (!isCanonical(tree, bytes))
    return faultAt({ stream, seq, decisionId }, 'form', 'the record is not in canonical form')
  return placementFault(read.data) ?? read.data
}

/** Null where there is no end of lists within lists: whoever looks at one throws, and a batch with one would be tried again for ever. */
function readTree(tree: Json): ReturnType<typeof AuditRecord.safeParse> | null {
  try {
    return AuditRecord.safeParse(tree)
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

/** Of what was written as it is now, checking and writing again are one pass; whatever does not pass it is looked at member by member. */
function isWrittenSo(tree: unknown, bytes: string): tree is AuditRecord {
  try {
    return writeRecord(tree) === bytes
  } catch {
    return false
  }
}

/** A fraction has no canonical form, nor has a number that is not safe: no record was ever written with one. */
function isCanonical(tree: Json, bytes: string): boolean {
  try {
    return canonical(tree) === bytes
  } catch {
    return false
  }
}

/** SHA-256 of the UTF-8 bytes of a record, hex. */
export const hashOf = (bytes: string): string => hash('sha256', bytes, 'hex')

function placementFault(record: AuditRecord): Fault | null {
  const { stream, seq, decisionId } = record
  if (!stream.endsWith(`:${record.tenant}`))
    return faultAt({ stream, seq, decisionId }, 'form', 'the record names another tenant than its stream')
  if (!stream.startsWith(`${record.gateway.node}:`))
    return faultAt({ stream, seq, decisionId }, 'form', 'the record names another node than its stream')
  return null
}

function treeOf(bytes: string): Json | undefined {
  try {
    const tree: Json = JSON.parse(bytes)
    return tree
  } catch {
    return undefined
  }
}

const placesOf = (issues: readonly { readonly path: readonly PropertyKey[] }[]): string =>
  issues.map((issue) => issue.path.map(String).join('.') || 'its root').join(', ')
