import { z } from 'zod'
import { StreamId } from '../record.ts'
import { wholeNumber } from './query.ts'

const Hex32 = z.string().regex(/^[0-9a-f]{64}$/)
const Size = z.int().nonnegative()
const SizeInQuery = wholeNumber({ min: 0, max: Number.MAX_SAFE_INTEGER })

/** A checkpoint of the tenant's log. `note` is the signed text, with the cosignatures of witnesses behind it (C2SP tlog-checkpoint). */
export const CheckpointView = z.strictObject({
  seq: z.int().positive(),
  epoch: Size,
  origin: z.string(),
  size: Size,
  root: Hex32,
  note: z.string(),
  at: z.iso.datetime(),
  /** leaf of the global log that covers this checkpoint */
  globalLeaf: Size.nullable(),
})
export type CheckpointView = z.infer<typeof CheckpointView>

/** Where the tenant's log stands. */
export const LogView = z.strictObject({
  origin: z.string(),
  epoch: Size,
  /** records, sealed or not */
  leaves: Size,
  sealedAt: z.iso.datetime().nullable(),
  /** leaves under a checkpoint that every configured archive has */
  archivedSize: Size,
  /** why no checkpoint is signed any more; null: they are */
  stopped: z.string().nullable(),
  /** what names this tenant in the global log: SHA-256 over a salt of the tenant and its id */
  globalName: Hex32,
  /** signed notices of epochs that ended: see docs/transparency.md */
  forks: z.array(z.strictObject({ epoch: z.int().positive(), notice: z.string(), at: z.iso.datetime() })),
  checkpoint: CheckpointView.nullable(),
})
export type LogView = z.infer<typeof LogView>

/** The newest first; `after`: the `seq` of the last one seen. */
export const CheckpointQuery = z.strictObject({
  after: SizeInQuery.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
})
export type CheckpointQuery = z.infer<typeof CheckpointQuery>

/** Which record: by its leaf, or by what a receipt says of it. `size`: of the tree; absent: of the newest checkpoint. */
export const InclusionQuery = z
  .strictObject({
    leaf: SizeInQuery.optional(),
    stream: StreamId.optional(),
    seq: SizeInQuery.optional(),
    /** SHA-256 of the record's bytes, hex, as the receipt has it */
    sha256: Hex32.optional(),
    size: SizeInQuery.optional(),
  })
  .refine(({ leaf, stream, seq }) => (leaf === undefined) === (stream !== undefined && seq !== undefined), {
    error: 'either leaf, or stream and seq',
  })
export type InclusionQuery = z.infer<typeof InclusionQuery>

/** `hashes` from the leaf's sibling upwards (RFC 6962, 2.1.1). */
export const InclusionProof = z.strictObject({
  leaf: Size,
  size: Size,
  root: Hex32,
  leafHash: Hex32,
  hashes: z.array(Hex32),
  /** with the checkpoint of that size, where there is one: a text that is verified away from here (C2SP tlog-proof) */
  tlogProof: z.string().nullable(),
})
export type InclusionProof = z.infer<typeof InclusionProof>

/** `to` absent: the size of the newest checkpoint. `log`: the tenant's own, or the one over all logs. */
export const ConsistencyQuery = z.strictObject({
  from: SizeInQuery,
  to: SizeInQuery.optional(),
  log: z.enum(['own', 'global']).default('own'),
})
export type ConsistencyQuery = z.infer<typeof ConsistencyQuery>

export const ConsistencyProof = z.strictObject({
  from: Size,
  to: Size,
  fromRoot: Hex32,
  toRoot: Hex32,
  hashes: z.array(Hex32),
})
export type ConsistencyProof = z.infer<typeof ConsistencyProof>

/** The proof that a checkpoint is a leaf of the global log, whose checkpoint covers every tenant. */
export const GlobalProof = z.strictObject({
  leaf: Size,
  /** the bytes of the leaf: text */
  bytes: z.string(),
  hashes: z.array(Hex32),
  size: Size,
  root: Hex32,
  note: z.string(),
})
export type GlobalProof = z.infer<typeof GlobalProof>

/** A new epoch of a log that forked; the notice is signed, and was copied to the archives. */
export const OpenedEpoch = z.strictObject({
  origin: z.string(),
  epoch: z.int().positive(),
  notice: z.string(),
})
export type OpenedEpoch = z.infer<typeof OpenedEpoch>

export const NewLogKey = z.strictObject({ usedFrom: z.iso.datetime() })
export type NewLogKey = z.infer<typeof NewLogKey>
