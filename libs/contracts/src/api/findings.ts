import { z } from 'zod'
import { AgentId, DecisionId, HumanId, SessionId } from '../id.ts'
import { RecordedFinding } from '../record.ts'

export const FindingQuery = z.strictObject({
  kind: RecordedFinding.shape.kind.optional(),
  severity: RecordedFinding.shape.severity.optional(),
  session: SessionId.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  /** `next` of the page before */
  after: z.union([DecisionId, z.literal('')]).default(''),
})
export type FindingQuery = z.infer<typeof FindingQuery>

const Named = <Id extends z.ZodType>(id: Id) => z.strictObject({ id, name: z.string() }).nullable()

/** What does not fit together in the records of one session. Its own record (`kind: 'found'`) has the same id. */
export const FindingView = RecordedFinding.extend({
  id: DecisionId,
  session: SessionId,
  agent: Named(AgentId),
  human: Named(HumanId),
  foundAt: z.iso.datetime(),
})
export type FindingView = z.infer<typeof FindingView>
