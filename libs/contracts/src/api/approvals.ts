import { z } from 'zod'
import { AgentId, ApprovalId, ConnectionId, HumanId, PolicyId, SessionId } from '../id.ts'

/** `approved` may still be used, once; `consumed` was. What nobody decided, or used, in time is `expired`. */
export const ApprovalState = z.enum(['pending', 'approved', 'refused', 'consumed', 'expired'])
export type ApprovalState = z.infer<typeof ApprovalState>

/** One call that waits for a person. The arguments stand here by their hash only. */
export const ApprovalView = z.strictObject({
  id: ApprovalId,
  state: ApprovalState,
  session: SessionId,
  agent: z.strictObject({ id: AgentId, name: z.string() }),
  human: z.strictObject({ id: HumanId, name: z.string() }),
  /** `{ id: null, name: 'local' }`: an action on the agent's own machine */
  connection: z.strictObject({ id: ConnectionId.nullable(), name: z.string() }),
  tool: z.string(),
  argsSha256: z.string(),
  bundle: z.strictObject({ version: z.int().positive(), sha256: z.string() }),
  policy: PolicyId,
  rule: z.string(),
  reason: z.string(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  /** the API key or the human that approved or refused it */
  decidedBy: z.string().nullable(),
  decidedAt: z.iso.datetime().nullable(),
})
export type ApprovalView = z.infer<typeof ApprovalView>
