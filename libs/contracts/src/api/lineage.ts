import { z } from 'zod'
import { AgentId, DecisionId, HumanId, SessionId } from '../id.ts'
import { AuditRecord, RecordedDecision } from '../record.ts'
import { JsonSchema } from './json.ts'
import { Moment } from './query.ts'
import { RecordView } from './records.ts'

/** One record in a few words, for lists of many. */
export const RecordLine = z.strictObject({
  leafIndex: z.int(),
  decision: DecisionId,
  kind: AuditRecord.shape.kind,
  at: z.iso.datetime(),
  agent: AgentId.nullable(),
  session: SessionId.nullable(),
  tool: z.string().nullable(),
  class: z.string().nullable(),
  resource: z.string().nullable(),
  outcome: AuditRecord.shape.outcome,
  refusal: z.string().nullable(),
})
export type RecordLine = z.infer<typeof RecordLine>

/** A rule that matched. `rule`: as the version of the policy had it that the bundle carried; null where that version is not kept here. */
export const RuleBehind = RecordedDecision.shape.matches.element.extend({
  direction: z.enum(['outbound', 'inbound']),
  text: JsonSchema,
})
export type RuleBehind = z.infer<typeof RuleBehind>

/** Who did what with which tool on which resource through which agent, why it was let or not, and what was around it. */
export const DecisionStory = z.strictObject({
  decision: DecisionId,
  at: z.iso.datetime(),
  who: z.strictObject({
    human: AuditRecord.shape.human,
    agent: AuditRecord.shape.agent,
    delegators: z.array(z.strictObject({ id: AgentId, name: z.string() })),
    session: SessionId.nullable(),
    ancestors: z.array(SessionId),
    keyThumbprint: z.string().nullable(),
  }),
  what: z.strictObject({
    channel: AuditRecord.shape.channel,
    connection: AuditRecord.shape.connection,
    action: AuditRecord.shape.action,
  }),
  /** `unknown`: it was let, and nobody came to tell how it ended; null: it has not ended yet, as far as the ledger knows */
  outcome: AuditRecord.shape.outcome.nullable(),
  refusal: z.string().nullable(),
  why: z.strictObject({
    /** the policy that was decided by; `mintedAt` null where that bundle is not known here */
    bundle: z
      .strictObject({ version: z.int(), sha256: z.string(), mintedAt: z.iso.datetime().nullable() })
      .nullable(),
    rules: z.array(RuleBehind),
    /** no rule said so: the default of an access group */
    byDefault: z.boolean(),
    signals: z.array(z.string()),
    labels: z.array(z.string()),
  }),
  /** what the ledger holds of it: the decision before the effect, and the outcome after; more where the platform or two nodes told of it */
  records: z.array(RecordView),
  /** the message that it is a part of, and those that are parts of it */
  parent: DecisionId.nullable(),
  parts: z.array(RecordLine),
  /** what else its session did, around it; `isCut`: there is more, ask for the session */
  session: z.strictObject({ lines: z.array(RecordLine), isCut: z.boolean() }),
})
export type DecisionStory = z.infer<typeof DecisionStory>

const LineageBounds = z.strictObject({
  from: Moment.optional(),
  until: Moment.optional(),
  /** records that are looked at, the newest */
  most: z.coerce.number().int().min(1).max(5000).default(1000),
  /** `prov`: W3C PROV as JSON-LD */
  format: z.enum(['json', 'prov']).default('json'),
})

/** Exactly one of the four says of what. */
export const LineageQuery = LineageBounds.extend({
  decision: DecisionId.optional(),
  session: SessionId.optional(),
  agent: AgentId.optional(),
  human: HumanId.optional(),
}).refine(
  ({ decision, session, agent, human }) =>
    [decision, session, agent, human].filter((one) => one !== undefined).length === 1,
  { error: 'name a decision, a session, an agent or a human' },
)
export type LineageQuery = z.infer<typeof LineageQuery>

export const LineageNode = z.strictObject({
  id: z.string(),
  kind: z.enum(['human', 'agent', 'session', 'call', 'tool', 'resource']),
  /** null where nobody may read it without a key */
  name: z.string().nullable(),
  /** of a call */
  outcome: z.string().nullable(),
  at: z.iso.datetime().nullable(),
})
export type LineageNode = z.infer<typeof LineageNode>

/**
 * `delegated`: human to agent, agent to agent, session to session. `opened`: agent to session. `made`: session to call, call to its
 * parts. `used`: call to tool. `reached`: tool to resource.
 */
export const LineageEdge = z.strictObject({
  from: z.string(),
  to: z.string(),
  kind: z.enum(['delegated', 'opened', 'made', 'used', 'reached']),
})
export type LineageEdge = z.infer<typeof LineageEdge>

/** As a list, oldest first, and as a graph. `isCut`: there may be more records than were looked at, and these are the newest. */
export const Lineage = z.strictObject({
  lines: z.array(RecordLine),
  nodes: z.array(LineageNode),
  edges: z.array(LineageEdge),
  isCut: z.boolean(),
})
export type Lineage = z.infer<typeof Lineage>
