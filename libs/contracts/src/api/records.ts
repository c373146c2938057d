import { z } from 'zod'
import { Channel, RecordedAction } from '../action.ts'
import { Effect, Label } from '../effect.ts'
import { AgentId, ApprovalId, ConnectionId, DecisionId, HumanId, NodeId, PolicyId, SessionId } from '../id.ts'
import { HookClient } from '../local-action.ts'
import { AuditRecord, RecordedFinding, RecordFlag, StreamBatch, StreamHead, StreamId } from '../record.ts'
import { Disclosure } from '../sealed.ts'
import { Moment, PlaceInQuery } from './query.ts'

/** Names come from agents and are as long as they are; nothing else in a query is. */
const Name = z.string().max(500)
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/)

/**
 * What records are looked for by; everything that is given must hold. A list in a record (rules, signals, delegators) holds a value
 * when one of its members is the value.
 */
export const RecordFilter = z.strictObject({
  agent: AgentId.optional(),
  human: HumanId.optional(),
  session: SessionId.optional(),
  /** an agent that delegated to the one that acted */
  delegator: AgentId.optional(),
  /** a session that the session was delegated from */
  ancestor: SessionId.optional(),
  /** a decision id, or how it begins */
  decision: z
    .string()
    .regex(/^dec_[0-9A-HJKMNP-TV-Z]{1,26}$/)
    .optional(),
  /** the message that the records' message is a part of */
  parent: DecisionId.optional(),
  /** W3C trace id */
  trace: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .optional(),
  tool: Name.optional(),
  class: RecordedAction.shape.class.optional(),
  method: Name.optional(),
  resource: z.string().max(4096).optional(),
  connection: ConnectionId.optional(),
  /** `<connection>:<version>` */
  credential: Name.optional(),
  channel: Channel.optional(),
  kind: z.enum([...AuditRecord.shape.kind.options, 'unreadable']).optional(),
  outcome: AuditRecord.shape.outcome.optional(),
  refusal: Name.optional(),
  rule: Name.optional(),
  policy: PolicyId.optional(),
  effect: Effect.optional(),
  approval: ApprovalId.optional(),
  /** version of the policy bundle */
  bundle: z.coerce.number().int().positive().optional(),
  signal: Name.optional(),
  label: Label.optional(),
  flag: RecordFlag.optional(),
  /** thumbprint of the session's key */
  key: Name.optional(),
  node: NodeId.optional(),
  build: Name.optional(),
  /** of local actions: whose hooks asked, what was understood, what was reached */
  client: HookClient.optional(),
  fact: Name.optional(),
  host: Name.optional(),
  package: Name.optional(),
  /** of administrative records: who, with which permission, on what */
  by: Name.optional(),
  permission: Name.optional(),
  target: Name.optional(),
  /** kind of a finding */
  finding: RecordedFinding.shape.kind.optional(),
  /** digest of the request or of the response */
  sha256: Sha256.optional(),
  /** not before, and before; by the time that the record says */
  from: Moment.optional(),
  until: Moment.optional(),
})
export type RecordFilter = z.infer<typeof RecordFilter>

/** Which end of the log comes first. Leaf indexes are the order, whatever clocks say. */
export const RecordOrder = z.enum(['oldest', 'newest'])
export type RecordOrder = z.infer<typeof RecordOrder>

export const RecordQuery = RecordFilter.extend({
  order: RecordOrder.default('oldest'),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  /** leaf index after which the page starts, in the order asked for */
  after: PlaceInQuery.optional(),
})
export type RecordQuery = z.infer<typeof RecordQuery>

/** What records can be counted by. */
export const CountedField = z.enum([
  'agent',
  'human',
  'session',
  'tool',
  'class',
  'method',
  'resource',
  'connection',
  'channel',
  'kind',
  'outcome',
  'refusal',
  'rule',
  'policy',
  'effect',
  'bundle',
  'signal',
  'label',
  'flag',
  'node',
  'client',
  'fact',
  'host',
  'package',
  'by',
  'permission',
])
export type CountedField = z.infer<typeof CountedField>

export const RecordCountQuery = RecordFilter.extend({
  field: CountedField,
  most: z.coerce.number().int().min(1).max(100).default(20),
})
export type RecordCountQuery = z.infer<typeof RecordCountQuery>

/** `of`: counted records. `cut`: the oldest leaf that was counted, where there were too many to count all; null: all were. */
export const RecordCounts = z.strictObject({
  field: CountedField,
  of: z.int().nonnegative(),
  values: z.array(z.strictObject({ value: z.string(), records: z.int().positive() })),
  cut: z.int().nullable(),
})
export type RecordCounts = z.infer<typeof RecordCounts>

export const RecordTimesQuery = RecordFilter.extend({
  from: Moment,
  until: Moment,
  steps: z.coerce.number().int().min(1).max(500).default(60),
})
export type RecordTimesQuery = z.infer<typeof RecordTimesQuery>

/** One step after the other; each with how many records ended how. `cut` as in counts. */
export const RecordTimes = z.strictObject({
  stepSeconds: z.number().positive(),
  steps: z.array(
    z.strictObject({ from: z.iso.datetime(), outcomes: z.record(z.string(), z.int().positive()) }),
  ),
  cut: z.int().nullable(),
})
export type RecordTimes = z.infer<typeof RecordTimes>

/** `bytes` is the record as stored; `record` the same, read; null: one that the intake could not read, and kept all the same. */
export const RecordView = z.strictObject({
  leafIndex: z.int(),
  ingestedAt: z.iso.datetime(),
  bytes: z.string(),
  record: AuditRecord.nullable(),
  /** sealed members, opened; absent for a reader without `personal.read` */
  disclosures: z.array(Disclosure).optional(),
  /** JSON pointers to sealed members that nobody can open any more */
  erased: z.array(z.string()).optional(),
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
