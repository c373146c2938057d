import { z } from 'zod'
import { Outcome, RuleMatch } from '../decision.ts'
import { JsonSchema } from './json.ts'

/** A decision as the API shows it; `content` is what would pass. */
export const Decision = z.strictObject({
  outcome: Outcome,
  matches: z.array(RuleMatch),
  signals: z.array(z.string()),
  modified: z.boolean(),
  content: JsonSchema,
})
