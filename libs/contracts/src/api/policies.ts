import { z } from 'zod'
import { AccessGroupId, OverrideId, PolicyId } from '../id.ts'
import { Effect, Label, PolicyMode } from '../effect.ts'
import { PolicyTest, TestEvent } from '../policy-test.ts'
import { JsonObjectSchema, JsonSchema } from './json.ts'
import { Decision } from './decision-view.ts'
import { PolicyDocument } from '../policy.ts'

/** Longest Cedar text, in UTF-16 units. */
const MAX_CEDAR_TEXT = 262_144

/** What a policy says: a document, or Cedar policies that come to one. What Cedar has no words for stands beside its text. */
const Source = {
  document: PolicyDocument.optional(),
  cedar: z.string().min(1).max(MAX_CEDAR_TEXT).optional(),
  mode: PolicyMode.optional(),
  tests: z.array(PolicyTest).max(200).optional(),
}
type Source = {
  readonly document?: PolicyDocument | undefined
  readonly cedar?: string | undefined
  readonly mode?: PolicyMode | undefined
  readonly tests?: readonly PolicyTest[] | undefined
}

const hasSource = ({ document, cedar }: Source): boolean => (document === undefined) !== (cedar === undefined)
const ONE_SOURCE = { error: 'a policy is either a `document` or a `cedar` text' }
const isPlain = ({ cedar, mode, tests }: Source): boolean =>
  cedar !== undefined || (mode === undefined && tests === undefined)
const BESIDE_CEDAR = { error: '`mode` and `tests` of a document stand in the document' }

const Groups = z.array(AccessGroupId).max(100)

export const NewPolicy = z
  .strictObject({ name: z.string().min(1).max(100), ...Source, groups: Groups.default([]) })
  .refine(hasSource, ONE_SOURCE)
  .refine(isPlain, BESIDE_CEDAR)
export type NewPolicy = z.infer<typeof NewPolicy>
/** A new document makes a new version; the old versions stay. */
export const PolicyChange = z
  .strictObject({ ...Source, groups: Groups.optional() })
  .refine(
    (change) => (change.document === undefined && change.cedar === undefined) || hasSource(change),
    ONE_SOURCE,
  )
  .refine(isPlain, BESIDE_CEDAR)
export type PolicyChange = z.infer<typeof PolicyChange>
/** The next version, whole. */
export const PolicyReplacement = z
  .strictObject({ ...Source, groups: Groups.optional() })
  .refine(hasSource, ONE_SOURCE)
  .refine(isPlain, BESIDE_CEDAR)
export type PolicyReplacement = z.infer<typeof PolicyReplacement>
export const PolicyView = z.strictObject({
  id: PolicyId,
  name: z.string(),
  version: z.int().positive(),
  /** name of the template it was copied from, null when written by hand */
  template: z.string().nullable(),
  document: PolicyDocument,
  /** the text that the document was made from, where that was Cedar */
  cedar: z.string().nullable().default(null),
  groups: z.array(AccessGroupId),
  createdAt: z.iso.datetime(),
})
export type PolicyView = z.infer<typeof PolicyView>

const Truth = { truth: z.enum(['true', 'false', 'fault']), because: z.string().nullable() }

/** One rule that was asked, with each comparison, count or sum in it and the value that was read. */
export const RuleTrace = z.strictObject({
  policy: PolicyId,
  policyName: z.string(),
  rule: z.string(),
  effect: Effect,
  mode: PolicyMode,
  overriddenBy: OverrideId.nullable(),
  ...Truth,
  leaves: z.array(
    z.strictObject({
      /** JSON pointer into the rule */
      at: z.string(),
      path: z.string(),
      op: z.string(),
      operand: JsonSchema,
      /** absent where there was nothing */
      value: JsonSchema.optional(),
      ...Truth,
    }),
  ),
})

/** What happened in the session before, as tests of policies tell it; on the connection that is asked about where it names none. */
export const PastEvent = TestEvent.extend({
  connection: TestEvent.shape.connection.unwrap().optional(),
})
export type PastEvent = z.infer<typeof PastEvent>

/**
 * "Why would this call be decided so?" Asked with names or ids; answered by the very engine that the gateways run, for a session that
 * begins, or for one with these labels and this history.
 */
export const ExplainRequest = z.strictObject({
  agent: z.string(),
  connection: z.string(),
  tool: z.string(),
  args: JsonObjectSchema.default({}),
  direction: z.enum(['outbound', 'inbound']).default('outbound'),
  labels: z.array(Label).max(64).default([]),
  history: z.array(PastEvent).max(100).default([]),
})
export type ExplainRequest = z.infer<typeof ExplainRequest>
export const ExplainAnswer = z.strictObject({
  decision: Decision,
  connectionAllowed: z.boolean(),
  groups: z.array(z.strictObject({ id: AccessGroupId, name: z.string() })),
  bundleVersion: z.int(),
  rulesEvaluated: z.int(),
  /** every rule that applies, whether it matches or not */
  rules: z.array(RuleTrace).default([]),
})
export type ExplainAnswer = z.infer<typeof ExplainAnswer>

const Place = { line: z.int().optional(), column: z.int().optional() }

/** Runs a policy's own tests, or those that are sent along instead. */
export const PolicyTestRequest = z.strictObject(Source).refine(hasSource, ONE_SOURCE)
export type PolicyTestRequest = z.infer<typeof PolicyTestRequest>
export const PolicyTestAnswer = z.strictObject({
  passed: z.int(),
  failed: z.int(),
  results: z.array(
    z.strictObject({
      name: z.string(),
      passed: z.boolean(),
      outcome: z.string(),
      /** those that matched; an errored one ends in `!` */
      rules: z.array(z.string()),
      differences: z.array(z.strictObject({ what: z.string(), expected: JsonSchema, got: JsonSchema })),
      /** why; of a failing case only */
      trace: z.strictObject({ decision: Decision, rules: z.array(RuleTrace) }).nullable(),
      ...Place,
    }),
  ),
})

/** `policy`: the one that the draft would replace. `groups`: where it would be attached; those of that policy when left out. */
const Draft = { ...Source, policy: PolicyId.optional(), groups: Groups.optional() }

export const PolicyLintRequest = z
  .strictObject(Draft)
  .refine(hasSource, ONE_SOURCE)
  .refine(isPlain, BESIDE_CEDAR)
export type PolicyLintRequest = z.infer<typeof PolicyLintRequest>
export const PolicyLintAnswer = z.strictObject({
  findings: z.array(
    z.strictObject({
      level: z.enum(['error', 'warning', 'note']),
      code: z.string(),
      rule: z.string().nullable(),
      path: z.string(),
      message: z.string(),
      ...Place,
    }),
  ),
})

const TOO_MANY_RECORDS = 'a replay takes 1 to 5000 records: narrow it down with `from` and `until`'
const Instant = z.iso.datetime({ offset: true })

/** A draft against the newest `records` recorded messages, or against the newest of those from `from` until before `until`. */
export const PolicyReplayRequest = z
  .strictObject({
    ...Draft,
    records: z.int().min(1, { error: TOO_MANY_RECORDS }).max(5000, { error: TOO_MANY_RECORDS }).default(1000),
    from: Instant.optional(),
    until: Instant.optional(),
  })
  .refine(hasSource, ONE_SOURCE)
  .refine(isPlain, BESIDE_CEDAR)
  .refine(
    ({ from, until }) => from === undefined || until === undefined || Date.parse(from) < Date.parse(until),
    { error: '`from` is before `until`', path: ['until'] },
  )
export type PolicyReplayRequest = z.infer<typeof PolicyReplayRequest>

/** `modifies`: what passed would still pass, rewritten in another way. */
const Counts = { loses: z.int(), gains: z.int(), modifies: z.int(), cannotTell: z.int() }
const Tallies = z.array(z.strictObject({ name: z.string(), ...Counts }))
export const PolicyReplayAnswer = z.strictObject({
  decisions: z.int(),
  unchanged: z.int(),
  /** records keep no arguments and no content: where the rule asks for them, what would have been is not known (`cannotTell`) */
  ...Counts,
  byAgent: Tallies,
  byTool: Tallies,
  byHuman: Tallies,
  changes: z.array(
    z.strictObject({
      kind: z.enum(['loses', 'gains', 'modifies', 'cannotTell']),
      decision: z.string(),
      at: z.string(),
      agent: z.string(),
      human: z.string(),
      tool: z.string(),
      direction: z.string(),
      before: z.string(),
      after: z.array(z.string()),
      rules: z.array(z.string()),
      /** what is done to which signal, e.g. `pii.email: mask`, as far as it would change */
      rewritings: z.strictObject({ before: z.array(z.string()), after: z.array(z.string()) }),
    }),
  ),
  /** records of these that this version cannot read any more, and left out */
  unreadable: z.int(),
  /** there are older ones in the window that were not looked at */
  isCut: z.boolean(),
})
