import { z } from 'zod'
import { BundleOverride } from '../bundle.ts'
import { OverrideId } from '../id.ts'

/** An exception from one rule: for one principal, on one part of the resources, until a moment that comes. */
export const NewOverride = z.strictObject({
  policy: BundleOverride.shape.policy,
  rule: z.string().min(1).max(64),
  /** an agent, a human or an access group */
  principal: BundleOverride.shape.principal,
  /** a glob over the resource of the action */
  resource: BundleOverride.shape.resource,
  /** at most 30 days from now */
  until: z.iso.datetime(),
  reason: z.string().min(1).max(500),
})
export type NewOverride = z.infer<typeof NewOverride>
export const OverrideView = z.strictObject({
  ...NewOverride.shape,
  id: OverrideId,
  /** the API key that it was made with */
  createdBy: z.string(),
  createdAt: z.iso.datetime(),
})
export type OverrideView = z.infer<typeof OverrideView>
