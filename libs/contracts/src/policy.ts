import { z } from 'zod'
import { Channel, Direction } from './action.ts'
import { Condition, Duration } from './condition.ts'
import { Effect, Label, PolicyMode, Rewriting } from './effect.ts'
import { PolicyTest } from './policy-test.ts'

const RuleId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/)

export const Rule = z
  .strictObject({
    id: RuleId,
    effect: Effect,
    on: z.array(Direction).min(1).default(['outbound', 'inbound']),
    channels: z.array(Channel).min(1).optional(),
    when: Condition,
    unless: Condition.optional(),
    reason: z.string().min(1).max(500),
    /** for `modify` only: signal pattern (`pii.email`, `pii.*`, `pattern.order-number`) to rewriting */
    modify: z.record(z.string().regex(/^[a-z*][a-z0-9.*_-]{0,95}$/), Rewriting).optional(),
    /** labels that the session gets when the rule matches */
    labels: z.strictObject({ add: z.array(Label).min(1).max(16) }).optional(),
    /** for `ask` only: how long an approval may be waited for, and how long the call itself is held open meanwhile */
    ask: z.strictObject({ ttl: Duration.default('15m'), wait: Duration.optional() }).optional(),
  })
  .refine((rule) => (rule.effect === 'modify') === (rule.modify !== undefined), {
    error: 'a modify rule says what it modifies, and no other rule does',
  })
  .refine(
    ({ when, unless }) => comparisonsIn(when) + (unless ? comparisonsIn(unless) : 0) <= MAX_COMPARISONS,
    { error: 'a rule has at most 256 comparisons' },
  )
  .refine((rule) => rule.ask === undefined || rule.effect === 'ask', {
    error: 'only an ask rule says how it asks',
  })
export type Rule = z.infer<typeof Rule>

/** What a rule may cost at most, whatever it is asked about. */
export const MAX_COMPARISONS = 256

function comparisonsIn(condition: Condition): number {
  if ('all' in condition) return condition.all.reduce((sum, part) => sum + comparisonsIn(part), 0)
  if ('any' in condition) return condition.any.reduce((sum, part) => sum + comparisonsIn(part), 0)
  return 'not' in condition ? comparisonsIn(condition.not) : 1
}

/** Patterns in RE2 syntax by name. Each is looked for in the content as the signal `pattern.<name>`, and `matches` asks for it by name. */
export const Patterns = z
  .record(z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/), z.string().min(1).max(512))
  .refine((patterns) => Object.keys(patterns).length <= 64, { error: 'at most 64 patterns' })

/** The document that an admin writes; stored versioned. Its tests are run at every publish. */
export const PolicyDocument = z.strictObject({
  writ: z.literal(1),
  title: z.string().max(200).optional(),
  mode: PolicyMode.default('enforce'),
  patterns: Patterns.optional(),
  rules: z.array(Rule).min(1).max(100),
  tests: z.array(PolicyTest).max(200).optional(),
})
export type PolicyDocument = z.infer<typeof PolicyDocument>

/** What an access group says where no rule does; of several groups the strictest counts. */
export const GroupSettings = z.strictObject({
  /** `deny`: only what an `allow` rule matches may pass */
  default: z.enum(['allow', 'deny']).default('allow'),
  /** content beyond what can be inspected: denied, flagged, or only its head and tail inspected and flagged */
  oversize: z.enum(['deny', 'flag', 'sample']).default('deny'),
  /** who answers `ask`; `nobody` makes every ask a deny */
  approvers: z.enum(['admins', 'nobody']).default('admins'),
})
export type GroupSettings = z.infer<typeof GroupSettings>
