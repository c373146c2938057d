import { termsOf, valuesOf } from '@writ/audit'
import type { StoredLeaf } from '@writ/audit'
import { AuditRecord, CountedField } from '@writ/contracts'
import type { TenantId } from '@writ/contracts'
import { rowBinary } from './row-binary.ts'

const DAY_MS = 86_400_000

/** The row of a leaf, in the format RowBinary and the order of the table's columns. */
export function rowOf(tenant: TenantId, leaf: StoredLeaf): Buffer {
  const record = recordIn(leaf.bytes)
  return record ? readRow(tenant, leaf, record) : bareRow(tenant, leaf, 'unreadable')
}

/** A row in the place of a leaf that is gone: what is before it was loaded, or is gone too. */
export const markRow = (tenant: TenantId, leafIndex: number): Buffer =>
  bareRow(tenant, { leafIndex, bytes: Buffer.alloc(0), ingestedAt: new Date(0) }, 'removed')

/** Null for bytes that are no record. */
export function recordIn(bytes: Uint8Array): AuditRecord | null {
  try {
    return AuditRecord.parse(JSON.parse(Buffer.from(bytes).toString('utf8')))
  } catch {
    return null
  }
}

function readRow(
  tenant: TenantId,
  { leafIndex, bytes, ingestedAt }: StoredLeaf,
  record: AuditRecord,
): Buffer {
  const counted = CountedField.options.flatMap((field) =>
    valuesOf(record, field).map((text) => ({ field, text })),
  )
  const digests = [record.request?.sha256, record.response?.sha256].flatMap((digest) => digest ?? [])
  return rowBinary([
    { uint16: Math.floor(ingestedAt.getTime() / DAY_MS) },
    { bytes: Buffer.from(tenant) },
    { uint64: leafIndex },
    { uint64: ingestedAt.getTime() },
    { uint64: Math.max(0, Date.parse(record.at)) },
    { bytes: Buffer.from(record.kind) },
    { bytes: Buffer.from(record.decisionId) },
    { int32s: termsOf(record) },
    { texts: digests },
    { texts: counted.map(({ field }) => field) },
    { texts: counted.map(({ text }) => text) },
    { bytes },
  ])
}

/** A leaf of which nothing is known but its place, and perhaps its bytes. */
const bareRow = (
  tenant: TenantId,
  { leafIndex, bytes, ingestedAt }: StoredLeaf,
  kind: 'unreadable' | 'removed',
): Buffer =>
  rowBinary([
    { uint16: Math.floor(ingestedAt.getTime() / DAY_MS) },
    { bytes: Buffer.from(tenant) },
    { uint64: leafIndex },
    { uint64: ingestedAt.getTime() },
    { uint64: ingestedAt.getTime() },
    { bytes: Buffer.from(kind) },
    { bytes: Buffer.alloc(0) },
    { int32s: [] },
    { texts: [] },
    { texts: [] },
    { texts: [] },
    { bytes },
  ])
