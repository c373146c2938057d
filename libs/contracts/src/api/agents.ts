import { z } from 'zod'
import { AccessGroupId, AgentId, HumanId } from '../id.ts'
import { Role } from '../role.ts'
import { RecordedErasure } from '../sealed.ts'
import { HumanIdentity } from './people.ts'

export const NewHuman = z.strictObject({ name: z.string().min(1).max(100), email: z.email().max(254) })
export type NewHuman = z.infer<typeof NewHuman>
export const HumanView = z.strictObject({
  id: HumanId,
  name: z.string(),
  email: z.string(),
  /** `suspended`: nobody, and neither is any agent that acts for them. `erased`: so for ever, and nothing is known of them any more */
  status: z.enum(['active', 'suspended', 'erased']),
  roles: z.array(Role),
  groups: z.array(AccessGroupId),
  identities: z.array(HumanIdentity),
  createdAt: z.iso.datetime(),
})
export type HumanView = z.infer<typeof HumanView>

/** Says again whom it is about: it cannot be taken back. */
export const HumanErasure = z.strictObject({
  human: HumanId,
  reason: RecordedErasure.shape.reason.default('request'),
})
export type HumanErasure = z.infer<typeof HumanErasure>
/** `packs`: auditor's packs with opened fields that are not kept any more. */
export const ErasedHuman = RecordedErasure.extend({
  packs: z.int().nonnegative(),
  erasedAt: z.iso.datetime(),
})
export type ErasedHuman = z.infer<typeof ErasedHuman>

/** `human`: the person that the agent acts for. */
export const NewAgent = z.strictObject({ name: z.string().min(1).max(100), human: HumanId })
export type NewAgent = z.infer<typeof NewAgent>
export const AgentView = z.strictObject({
  id: AgentId,
  name: z.string(),
  human: HumanId,
  /** `locked`: two copies of its identity key were seen; it enrols anew. `suspended`: switched off by an admin, until it is resumed */
  status: z.enum(['invited', 'enrolled', 'suspended', 'locked', 'revoked']),
  /** RFC 7638 thumbprint of the identity key, once enrolled */
  identityKey: z.string().nullable(),
  groups: z.array(AccessGroupId),
  createdAt: z.iso.datetime(),
  enrolledAt: z.iso.datetime().nullable(),
  revokedAt: z.iso.datetime().nullable(),
})
export type AgentView = z.infer<typeof AgentView>

/** The only answer that holds the one-time token: `wen_<id>.<secret>`. */
export const EnrolmentToken = z.strictObject({
  token: z.string(),
  agent: AgentId,
  expiresAt: z.iso.datetime(),
})
export type EnrolmentToken = z.infer<typeof EnrolmentToken>
