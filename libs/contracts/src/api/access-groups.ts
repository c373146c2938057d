import { z } from 'zod'
import { GroupSettings } from '../policy.ts'
import { AccessGroupId, AgentId, ConnectionId, HumanId, PolicyId } from '../id.ts'

export const NewAccessGroup = z.strictObject({ name: z.string().min(1).max(100), ...GroupSettings.shape })
const { default: defaultOutcome, oversize, approvers } = GroupSettings.shape

/** Settings of a group; what is left out stays. (A default inside `partial()` would put it back instead.) */
export const AccessGroupChange = z.strictObject({
  default: defaultOutcome.unwrap().optional(),
  oversize: oversize.unwrap().optional(),
  approvers: approvers.unwrap().optional(),
})
export type AccessGroupChange = z.infer<typeof AccessGroupChange>
export type NewAccessGroup = z.infer<typeof NewAccessGroup>
export const AccessGroupView = z.strictObject({
  id: AccessGroupId,
  name: z.string(),
  /** the group of every principal that is in no other */
  isDefault: z.boolean(),
  /** switched off: whoever is in it is nobody, whatever other groups they are in */
  suspended: z.boolean(),
  agents: z.array(AgentId),
  humans: z.array(HumanId),
  ...GroupSettings.shape,
  policies: z.array(PolicyId),
  connections: z.array(ConnectionId),
})
export type AccessGroupView = z.infer<typeof AccessGroupView>

/** Puts one principal into exactly these groups (replaces; an empty list means the default group). */
export const Membership = z.strictObject({ groups: z.array(AccessGroupId).max(100) })
export type Membership = z.infer<typeof Membership>
