import type {
  CountedField,
  RecordCounts,
  RecordFilter,
  RecordOrder,
  StreamBatch,
  StreamId,
  TenantId,
} from '@writ/contracts'
import type { AuditRecord } from '@writ/contracts'

/**
 * The three places where records are, as ports. The ledger is the truth and everything else is made from it. The index answers the
 * questions of the desk, and may be thrown away and loaded again. The archive keeps copies that nobody writes over.
 * Every adapter passes the suite of its port: `{ledger,index,archive}-port.suite.ts`.
 */

/** A batch that its node signed, with its records as `openBatch` read them; null: one that is kept without having been read. */
export type OpenedBatch = { readonly batch: StreamBatch; readonly records: readonly (AuditRecord | null)[] }

/**
 * What became of a batch. `nextSeq` is what the ledger wants next of the stream.
 * `ingested`: stored now, 0 when all of it was stored before. `gap`: records before this batch are missing, nothing was written.
 * `fork`: the node signed two histories. `unknown-tenant`: there is nobody to keep it for.
 */
export type Ingestion =
  | { readonly outcome: 'ingested'; readonly nextSeq: number; readonly ingested: number }
  | { readonly outcome: 'gap'; readonly nextSeq: number }
  | { readonly outcome: 'fork'; readonly nextSeq: number }
  | { readonly outcome: 'unknown-tenant' }

/** One record of a tenant's log as it is stored. `bytes` are the leaf of the tree: UTF-8, unless somebody damaged them. */
export type StoredLeaf = { readonly leafIndex: number; readonly bytes: Uint8Array; readonly ingestedAt: Date }

/** Where records are kept: append-only, one log of contiguous leaf indexes per tenant. */
export interface AuditLedger {
  /**
   * Appends a batch, each record exactly once and in the order of its stream, in one transaction. Sending it again changes nothing;
   * batches of one tenant that come at once take turns.
   * @throws when the store cannot be reached: then nothing, or all of it, was appended, and the same batch may be sent again
   */
  append(opened: OpenedBatch): Promise<Ingestion>
  /** What the ledger wants next of a stream; 0 for one that it has not heard of. */
  watermark(tenant: TenantId, stream: StreamId): Promise<number>
  /** Leaves that the tenant's log counts: indexes run from 0 to before it. It never becomes less. */
  size(tenant: TenantId): Promise<number>
  /**
   * The leaves from `from` to before `to`, in order. Those that retention removed are left out: their indexes are missing.
   * Memory is bounded by a page, however many there are.
   */
  leaves(tenant: TenantId, range: { readonly from: number; readonly to: number }): AsyncIterable<StoredLeaf>
}

/** Which leaves are wanted: at most `limit` that match, beyond `after` in the order asked for (undefined: from the beginning of it). */
export type LeafQuery = {
  readonly filter: RecordFilter
  readonly order: RecordOrder
  readonly limit: number
  readonly after?: number | undefined
}

/**
 * `next`: `after` of the next page; null: nothing more matches. A page may have fewer leaves than asked for, or none, and still have a
 * next one: an adapter bounds what one call looks through.
 */
export type LeafPage = { readonly leaves: readonly StoredLeaf[]; readonly next: number | null }

export type CountQuery = {
  readonly filter: RecordFilter
  readonly field: CountedField
  readonly most: number
}

/** Where records are found. Made from the ledger, and from nothing else: dropped and loaded again it answers the same. */
export interface AuditIndex {
  /**
   * Takes consecutive leaves of one tenant, the first of them not beyond `loadedTo`. Taking one again changes nothing, whatever
   * died in between.
   * @throws when leaves before the first are missing, or the store cannot be reached
   */
  load(tenant: TenantId, leaves: readonly StoredLeaf[]): Promise<void>
  /** The index answers for leaves before this one. */
  loadedTo(tenant: TenantId): Promise<number>
  /** @returns exactly the leaves that match, in order, none twice over all pages; also those whose bytes cannot be read, when asked for by `kind: 'unreadable'` */
  page(tenant: TenantId, query: LeafQuery): Promise<LeafPage>
  /** How many records have which value of a field, most frequent first. Counts are exact unless `cut` says where they begin. */
  counts(tenant: TenantId, query: CountQuery): Promise<RecordCounts>
}

/** Something else is kept by that name already: a copy is never written over. */
export class ArchiveConflict extends Error {
  override readonly name = 'ArchiveConflict'
}

/**
 * Where copies are kept that nobody writes over: segments of leaves, tiles, checkpoints. Names are paths of at most 512 characters of
 * a-z, A-Z, 0-9, dot, underscore, hyphen and slash; no part is empty, `.` or `..`.
 */
export interface AuditArchive {
  /**
   * Keeps bytes by a name, at least until `keepUntil` where the store can lock. When it returns they are durable.
   * @returns `kept-before` when the very same bytes are there already
   * @throws ArchiveConflict when other bytes are there; an error when the store cannot be reached; a TypeError for what is no name
   */
  put(name: string, bytes: Uint8Array, keepUntil: Date): Promise<'kept' | 'kept-before'>
  /** @returns null when there is nothing by that name */
  get(name: string): Promise<Uint8Array | null>
  /** Names that begin with `prefix`, in order of their bytes. */
  names(prefix: string): AsyncIterable<string>
}
