import { APPROVE_DESTRUCTIVE } from './templates/approve-destructive.ts'
import { BUDGET } from './templates/budget.ts'
import { FIRST_CONTACT } from './templates/first-contact.ts'
import { LOOP_BREAKER } from './templates/loop-breaker.ts'
import { MONEY_CAP } from './templates/money-cap.ts'
import { PERSONAL_DATA } from './templates/personal-data.ts'
import { PIN_BREAK } from './templates/pin-break.ts'
import type { PolicyTemplate } from './templates/policy-template.ts'
import { PROMPT_INJECTION } from './templates/prompt-injection.ts'
import { RULE_OF_TWO } from './templates/rule-of-two.ts'
import { SECRET_NO_EGRESS } from './templates/secret-no-egress.ts'
import { TAINT_NO_SINK } from './templates/taint-no-sink.ts'
import { VALUE_EXFIL } from './templates/value-exfil.ts'

export type { PolicyTemplate } from './templates/policy-template.ts'

/** Every policy that a tenant may start from, the two that it starts with first. */
export const TEMPLATES: readonly PolicyTemplate[] = [
  PROMPT_INJECTION,
  PERSONAL_DATA,
  TAINT_NO_SINK,
  RULE_OF_TWO,
  SECRET_NO_EGRESS,
  VALUE_EXFIL,
  APPROVE_DESTRUCTIVE,
  MONEY_CAP,
  BUDGET,
  LOOP_BREAKER,
  PIN_BREAK,
  FIRST_CONTACT,
]
