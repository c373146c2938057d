import { z } from 'zod'
import { JsonSchema } from './api/json.ts'
import { Channel, RecordedAction } from './action.ts'
import { RuleMatch } from './decision.ts'
import { Label, Outcome } from './effect.ts'
import { RecordedLocal } from './local-action.ts'
import {
  AgentId,
  ApprovalId,
  BootId,
  ConnectionId,
  DecisionId,
  HumanId,
  NodeId,
  SessionId,
  TenantId,
} from './id.ts'
import { PersonName, RecordedErasure, Sealed } from './sealed.ts'

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/)

/**
 * One stream of records: one tenant at one boot of one enforcement point.
 * Sequence numbers start at 0 and have no gaps; a boot never continues another boot's stream.
 */
export const StreamId = z.string().regex(/^nod_[0-9A-Z]{26}:boo_[0-9A-Z]{26}:ten_[0-9A-Z]{26}$/)
export type StreamId = z.infer<typeof StreamId>

export const streamIdOf = (node: NodeId, boot: BootId, tenant: TenantId): StreamId =>
  `${node}:${boot}:${tenant}`

/** The hash that the first record of a stream names as its predecessor. */
export const STREAM_START = '0'.repeat(64)

/** What policy said of one direction of one message. */
export const RecordedDecision = z.strictObject({
  outcome: Outcome,
  matches: z.array(RuleMatch),
  signals: z.array(z.string()),
  modified: z.boolean(),
  byDefault: z.boolean().default(false),
  labels: z.array(Label).default([]),
  /** names that policy does not show to this caller: of a listing, those left out; of a call, the one that was called */
  hidden: z.array(z.string()).default([]),
  approval: ApprovalId.nullable().default(null),
})
export type RecordedDecision = z.infer<typeof RecordedDecision>

/** One administrative action: who changed what, and what it was before and after. Views of the API: never a secret. */
export const Administration = z.strictObject({
  /** permission that it needed, e.g. `policies.write` */
  permission: z.string(),
  /** route, e.g. `PUT /api/v1/policies/{id}` */
  route: z.string(),
  by: z.strictObject({
    kind: z.enum(['human', 'api-key', 'operator', 'directory', 'agent', 'platform']),
    id: z.string(),
    /** of a human it is sealed to them */
    name: PersonName,
  }),
  target: z.string().nullable(),
  /** views of the API; what they say of a human is sealed to that human, member by member */
  before: JsonSchema,
  after: JsonSchema,
})
export type Administration = z.infer<typeof Administration>

/** What does not fit together in the records of one session: something is seen in one place and missing in another. */
export const RecordedFinding = z.strictObject({
  kind: z.enum([
    'egress_without_hook',
    'effect_without_decision',
    'hook_without_gateway',
    'gateway_without_hook',
  ]),
  severity: z.enum(['low', 'medium', 'high']),
  /** the decisions that it is about */
  decisions: z.array(DecisionId).min(1).max(20),
  text: z.string().max(500),
})
export type RecordedFinding = z.infer<typeof RecordedFinding>

/** Records that a node signed a head over, and that have not come: `[from, to)`. `arrived`: they have, since. */
export const LostRange = z.strictObject({
  stream: StreamId,
  from: z.int().nonnegative(),
  to: z.int().positive(),
  arrived: z.boolean(),
})
export type LostRange = z.infer<typeof LostRange>

/**
 * Records that an enforcement point did not keep. `shed`: for want of room, `begun` before the first, `ended` with their number. `unsynced`:
 * it had written them, and then its disk failed to say that it has them.
 */
export const RecordedGap = z.strictObject({
  cause: z.enum(['shed', 'unsynced']),
  state: z.enum(['begun', 'ended']),
  records: z.int().nonnegative(),
  since: z.iso.datetime({ precision: 3 }),
})
export type RecordedGap = z.infer<typeof RecordedGap>

/**
 * What a reader must know of the circumstances. `policy_stale`: decided on policy that may have been replaced. `clock_suspect`: the clock of
 * the node is far from that of the control plane, so `at` may be wrong. `truncated`: something was left out to make the record fit.
 */
export const RecordFlag = z.enum(['policy_stale', 'clock_suspect', 'truncated'])
export type RecordFlag = z.infer<typeof RecordFlag>

/** The outermost of a longer chain are left out. */
const MOST_ANCESTORS = 16

/**
 * One record, `writ.decision.v1`. `opened`: the durable intent before an effect. `closed`: how one message ended; every message has exactly
 * one, or one of the platform that says `unknown`. `administered`: a change by an admin or a directory. `found`: a finding of the platform.
 * `applied`: an enforcement point decides by another bundle from here on. `stream_opened`, `stream_closed`: first and last record of a
 * stream; without the last, the node did not stop in order. `stream_lost`: what a node has and the ledger has not. `erasure`: a human's
 * key is destroyed. `gap`: records of a tenant that takes the risk were not kept, for want of room.
 * Strings, integers, booleans, null and containers of them only, so that one byte form is easy to state. Never a secret, and never content
 * but short excerpts, masked and sealed to the human they are of.
 */
export const AuditRecord = z.strictObject({
  /** `writ.record.v1`: what points before this name wrote; read, and never written any more */
  v: z.enum(['writ.decision.v1', 'writ.record.v1']),
  kind: z.enum([
    'opened',
    'closed',
    'administered',
    'found',
    'applied',
    'stream_opened',
    'stream_closed',
    'stream_lost',
    'erasure',
    'gap',
  ]),
  decisionId: DecisionId,
  tenant: TenantId,
  stream: StreamId,
  seq: z.int().nonnegative(),
  /** SHA-256 of the stored bytes of the record before it in the stream */
  prev: Sha256,
  /** RFC 3339, milliseconds, UTC; data only, order comes from `seq` */
  at: z.iso.datetime({ precision: 3 }),
  channel: Channel,
  human: z.strictObject({ id: HumanId, name: PersonName }).nullable(),
  agent: z.strictObject({ id: AgentId, name: z.string() }).nullable(),
  /** agents that delegated to this one, newest first */
  delegators: z.array(z.strictObject({ id: AgentId, name: z.string() })).default([]),
  session: SessionId.nullable(),
  /** sessions that this one was delegated from, newest first */
  ancestors: z.array(SessionId).max(MOST_ANCESTORS).optional(),
  keyThumbprint: z.string().nullable(),
  connection: z.strictObject({ id: ConnectionId, name: z.string() }).nullable(),
  action: RecordedAction.nullable(),
  /** how it ended: `allow` also when the upstream answered with an error of its own; `unknown`: nobody came to tell */
  outcome: z.enum(['allow', 'abort', 'deny', 'ask', 'refused', 'failed', 'unknown']),
  refusal: z.string().nullable(),
  outbound: RecordedDecision.nullable(),
  /** the strictest of the inbound decisions of this message */
  inbound: RecordedDecision.nullable(),
  bundle: z.strictObject({ version: z.int().positive(), sha256: Sha256 }).nullable(),
  credential: z.strictObject({ connection: ConnectionId, version: z.int().positive() }).nullable(),
  /** `excerpt`: the beginning of the arguments, what the detectors know masked, sealed to the human */
  request: z
    .strictObject({ sha256: Sha256, sizeBytes: z.int().nonnegative(), excerpt: Sealed.optional() })
    .nullable(),
  /** `excerpt`: the same of what came back */
  response: z
    .strictObject({
      sha256: Sha256,
      sizeBytes: z.int().nonnegative(),
      status: z.int(),
      excerpt: Sealed.optional(),
    })
    .nullable(),
  administration: Administration.nullable().default(null),
  /** of the hooks channel */
  local: RecordedLocal.nullable().default(null),
  finding: RecordedFinding.nullable().default(null),
  /** the message that this one is a part of, where one message became several: a listing of more than one connection */
  parent: DecisionId.optional(),
  /** W3C trace context that the agent sent: the trace, and the span that this call is a part of */
  trace: z
    .strictObject({ id: z.string().regex(/^[0-9a-f]{32}$/), span: z.string().regex(/^[0-9a-f]{16}$/) })
    .optional(),
  /** absent: none */
  flags: z.array(RecordFlag).min(1).max(RecordFlag.options.length).optional(),
  /** of `applied`: the version that was decided by before; null: none since the start */
  applied: z.strictObject({ replaced: z.int().positive().nullable() }).optional(),
  lost: LostRange.optional(),
  erasure: RecordedErasure.optional(),
  gap: RecordedGap.optional(),
  durationMicros: z.int().nonnegative(),
  gateway: z.strictObject({ node: NodeId, build: z.string() }),
})
export type AuditRecord = z.infer<typeof AuditRecord>

/**
 * Consecutive records of one stream on their way to the ledger.
 * `records` are the exact stored bytes (UTF-8); `signature` is Ed25519 by the node key over `batchStatement`.
 */
export const StreamBatch = z.strictObject({
  stream: StreamId,
  tenant: TenantId,
  node: NodeId,
  fromSeq: z.int().nonnegative(),
  records: z.array(z.string().max(65_536)).min(1).max(200),
  /** SHA-256 of the last record's bytes: by the chain it covers all before it */
  headHash: Sha256,
  signature: z.base64url(),
})
export type StreamBatch = z.infer<typeof StreamBatch>

/** What a node says, signed, about how far a stream has come; a later loss of the tail is then provable. */
export const StreamHead = z.strictObject({
  stream: StreamId,
  nextSeq: z.int().nonnegative(),
  headHash: Sha256,
  at: z.iso.datetime({ precision: 3 }),
  signature: z.base64url(),
})
export type StreamHead = z.infer<typeof StreamHead>

/** The text that a node signs for a batch. */
export const batchStatement = (
  batch: Omit<StreamBatch, 'records' | 'signature'> & { count: number },
): string => `writ.batch.v1\n${batch.stream}\n${batch.fromSeq}\n${batch.count}\n${batch.headHash}\n`

/** The text that a node signs for a stream head. */
export const headStatement = (head: Omit<StreamHead, 'signature'>): string =>
  `writ.head.v1\n${head.stream}\n${head.nextSeq}\n${head.headHash}\n${head.at}\n`
