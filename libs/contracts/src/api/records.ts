import { z } from 'zod'
import { AgentId, DecisionId, HumanId, NodeId, SessionId } from '../id.ts'
import { AuditRecord, StreamBatch, StreamHead, StreamId } from '../record.ts'

export const RecordQuery = z.strictObject({
  agent: AgentId.optional(),
  human: HumanId.optional(),
  session: SessionId.optional(),
  decision: DecisionId.optional(),
  tool: z.string().max(500).optional(),
  outcome: z.enum(['allow', 'deny', 'ask', 'refused', 'failed']).optional(),
  kind: AuditRecord.shape.kind.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  /** leaf index after which the page starts */
  after: z.coerce.number().int().min(-1).default(-1),
})
export type RecordQuery = z.infer<typeof RecordQuery>

/** `bytes` is the record as stored; `record` the same, read. */
export const RecordView = z.strictObject({
  leafIndex: z.int(),
  ingestedAt: z.iso.datetime(),
  bytes: z.string(),
  record: AuditRecord,
})
export type RecordView = z.infer<typeof RecordView>

/**
 * What a tenant's records are checked with away from the server: bytes, batch signatures, signed heads, node keys.
 * Batches and heads are signed by nodes. The rest is the server's word: the node keys, the list of streams, `nextSeq` of a
 * stream, leaf indexes and `logSize`.
 */
export const Evidence = z.strictObject({
  format: z.literal('writ.evidence.v1'),
  tenant: z.string(),
  exportedAt: z.iso.datetime(),
  /** records that the tenant's log counts: leaf indexes run from 0 to before it */
  logSize: z.int().nonnegative(),
  nodes: z.array(z.strictObject({ node: NodeId, publicKey: z.base64url() })),
  streams: z.array(
    z.strictObject({
      stream: StreamId,
      nextSeq: z.int().nonnegative(),
      /** newest head that the node signed; absent until the first arrived */
      head: StreamHead.nullable(),
      batches: z.array(StreamBatch.omit({ records: true }).extend({ count: z.int().positive() })),
    }),
  ),
  records: z.array(z.strictObject({ leafIndex: z.int(), stream: StreamId, seq: z.int(), bytes: z.string() })),
})
export type Evidence = z.infer<typeof Evidence>

/** One fault: which check, in which stream, at which record. */
export const Fault = z.strictObject({
  check: z.enum(['signature', 'chain', 'sequence', 'completeness', 'form']),
  stream: z.string().nullable(),
  seq: z.int().nullable(),
  leafIndex: z.int().nullable(),
  decisionId: z.string().nullable(),
  message: z.string(),
})
export type Fault = z.infer<typeof Fault>
export const Verification = z.strictObject({
  holds: z.boolean(),
  records: z.int(),
  streams: z.int(),
  faults: z.array(Fault),
  /** nodes whose keys were compared with nothing: for them the signatures are as good as whoever made the evidence */
  unpinnedNodes: z.array(z.string()),
})
export type Verification = z.infer<typeof Verification>
