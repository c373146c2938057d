import { z } from 'zod'
import { AccessGroupId, AgentId, ConnectionId, HumanId, PolicyId } from '../id.ts'

export const NewAccessGroup = z.strictObject({ name: z.string().min(1).max(100) })
export type NewAccessGroup = z.infer<typeof NewAccessGroup>
export const AccessGroupView = z.strictObject({
  id: AccessGroupId,
  name: z.string(),
  /** the group of every principal that is in no other */
  isDefault: z.boolean(),
  agents: z.array(AgentId),
  humans: z.array(HumanId),
  policies: z.array(PolicyId),
  connections: z.array(ConnectionId),
})
export type AccessGroupView = z.infer<typeof AccessGroupView>

/** Puts one principal into exactly these groups (replaces; an empty list means the default group). */
export const Membership = z.strictObject({ groups: z.array(AccessGroupId).max(100) })
export type Membership = z.infer<typeof Membership>
