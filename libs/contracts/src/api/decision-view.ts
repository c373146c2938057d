import { z } from 'zod'
import { RuleMatch } from '../decision.ts'
import { Label, Outcome } from '../effect.ts'
import { JsonSchema } from './json.ts'

/** A decision as the API shows it; `content` is what would pass. */
export const Decision = z.strictObject({
  outcome: Outcome,
  matches: z.array(RuleMatch),
  signals: z.array(z.string()),
  modified: z.boolean(),
  content: JsonSchema,
  byDefault: z.boolean(),
  labels: z.array(Label),
  ask: z.strictObject({ ttlSeconds: z.number(), waitSeconds: z.number() }).nullable(),
})
