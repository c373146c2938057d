import { z } from 'zod'
import { AccessGroupId, PolicyId } from '../id.ts'
import { JsonObjectSchema } from './json.ts'
import { Decision } from './decision-view.ts'
import { PolicyDocument } from '../policy.ts'

export const NewPolicy = z.strictObject({
  name: z.string().min(1).max(100),
  document: PolicyDocument,
  groups: z.array(AccessGroupId).max(100).default([]),
})
export type NewPolicy = z.infer<typeof NewPolicy>
/** A new document makes a new version; the old versions stay. */
export const PolicyChange = z.strictObject({
  document: PolicyDocument.optional(),
  groups: z.array(AccessGroupId).max(100).optional(),
})
export type PolicyChange = z.infer<typeof PolicyChange>
export const PolicyView = z.strictObject({
  id: PolicyId,
  name: z.string(),
  version: z.int().positive(),
  /** name of the template it was copied from, null when written by hand */
  template: z.string().nullable(),
  document: PolicyDocument,
  groups: z.array(AccessGroupId),
  createdAt: z.iso.datetime(),
})
export type PolicyView = z.infer<typeof PolicyView>

/** "Why would this call be decided so?" Asked with names or ids; answered by the very engine that the gateways run. */
export const ExplainRequest = z.strictObject({
  agent: z.string(),
  connection: z.string(),
  tool: z.string(),
  args: JsonObjectSchema.default({}),
  direction: z.enum(['outbound', 'inbound']).default('outbound'),
})
export type ExplainRequest = z.infer<typeof ExplainRequest>
export const ExplainAnswer = z.strictObject({
  decision: Decision,
  connectionAllowed: z.boolean(),
  groups: z.array(z.strictObject({ id: AccessGroupId, name: z.string() })),
  bundleVersion: z.int(),
  rulesEvaluated: z.int(),
})
export type ExplainAnswer = z.infer<typeof ExplainAnswer>
