import { z } from 'zod'
import { AccessGroupId, AgentId, HumanId } from './id.ts'
import { SubjectKey } from './sealed.ts'

/** An agent as a bundle says it: enrolled and not revoked. */
export const BundleAgent = z.strictObject({
  id: AgentId,
  name: z.string(),
  groups: z.array(AccessGroupId),
  epoch: z.int().nonnegative(),
})
export type BundleAgent = z.infer<typeof BundleAgent>

/** A human as a bundle says it: active. */
export const BundleHuman = z.strictObject({
  id: HumanId,
  name: z.string(),
  groups: z.array(AccessGroupId),
  epoch: z.int().nonnegative().default(0),
  /** what records name them by, and what is sealed to them with; absent in a bundle of before names were sealed */
  subject: SubjectKey.optional(),
})
export type BundleHuman = z.infer<typeof BundleHuman>

/** Names of the parts of a roster: SHA-256 of their bytes, hex. An id is in the part that `rosterPlace` of `@writ/bundle` says. */
export const Roster = z.strictObject({
  parts: z
    .array(z.string().regex(/^[0-9a-f]{64}$/))
    .min(1)
    .max(256),
})
export type Roster = z.infer<typeof Roster>

/**
 * Some of the agents and humans of a tenant that has too many for one bundle. It is not signed: the bundle, which is, names it by its hash,
 * and nobody is in a part that no bundle names.
 */
export const RosterPart = z.strictObject({
  format: z.literal('writ.roster.v1'),
  agents: z.array(BundleAgent),
  humans: z.array(BundleHuman),
})
export type RosterPart = z.infer<typeof RosterPart>

/** `GET bundles/{slug}/parts/{sha256}`: the bytes of a `RosterPart`, as text; 404 when the newest bundles name none such. */
export const RosterPartAnswer = z.strictObject({ part: z.string() })
export type RosterPartAnswer = z.infer<typeof RosterPartAnswer>
