import { APPROVE_DESTRUCTIVE } from './templates/approve-destructive.ts'
import { BUDGET } from './templates/budget.ts'
import { DRIFT_FLAG } from './templates/drift-flag.ts'
import { DRIFT_QUARANTINE } from './templates/drift-quarantine.ts'
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

import { CREDENTIAL_FILES } from './templates/credential-files.ts'
import { DESTRUCTIVE_COMMANDS } from './templates/destructive-commands.ts'
import { DOWNLOAD_AND_RUN } from './templates/download-and-run.ts'
import { GUARD_TAMPERING } from './templates/guard-tampering.ts'
import { PERSISTENCE_AND_PRIVILEGE } from './templates/persistence-and-privilege.ts'
import { PACKAGE_HYGIENE } from './templates/package-hygiene.ts'
import { UNREADABLE_COMMANDS } from './templates/unreadable-commands.ts'
import { LOCAL_EXFILTRATION } from './templates/local-exfiltration.ts'

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
  DRIFT_QUARANTINE,
  DRIFT_FLAG,
  FIRST_CONTACT,
  CREDENTIAL_FILES,
  DESTRUCTIVE_COMMANDS,
  DOWNLOAD_AND_RUN,
  GUARD_TAMPERING,
  PERSISTENCE_AND_PRIVILEGE,
  PACKAGE_HYGIENE,
  UNREADABLE_COMMANDS,
  LOCAL_EXFILTRATION,
]
