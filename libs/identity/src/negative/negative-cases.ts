import type { NegativeCase } from './attack-kit.ts'
import { claimCases } from './claim-cases.suite.ts'
import { fieldCases } from './field-cases.suite.ts'
import { formCases } from './form-cases.suite.ts'
import { keyCases } from './key-cases.suite.ts'
import { momentCases } from './moment-cases.suite.ts'
import { strangeClaimCases } from './strange-claim-cases.suite.ts'
import { strangeKeyCases } from './strange-key-cases.suite.ts'
import { strangeTokenCases } from './strange-token-cases.suite.ts'
import { tokenCases } from './token-cases.suite.ts'

/**
 * One row per way to be wrong: one mutation of a valid request, the code it must give, and the request without the mutation,
 * which must pass afterwards. They run against the verifier in memory and, over HTTP, against a gateway.
 */
export const NEGATIVE_CASES: readonly NegativeCase[] = [
  ...formCases(),
  ...keyCases(),
  ...claimCases(),
  ...tokenCases(),
  ...momentCases(),
  ...fieldCases(),
  ...strangeKeyCases(),
  ...strangeClaimCases(),
  ...strangeTokenCases(),
]
