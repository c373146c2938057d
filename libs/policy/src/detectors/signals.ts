import { TOKEN_SIGNALS } from '../modify/find-tokens.ts'
import { INJECTION_SIGNALS } from './injection/signals.ts'
import { PII_SIGNALS } from './pii/signals.ts'
import { SECRET_SIGNALS } from './secrets/signals.ts'

/** Every signal that the detectors publish; policies name these, or patterns over these such as `pii.*`. Sorted, no duplicates. */
export const SIGNALS: readonly string[] = [
  ...new Set<string>([...INJECTION_SIGNALS, ...PII_SIGNALS, ...SECRET_SIGNALS, ...TOKEN_SIGNALS]),
].sort()

/** One of `SIGNALS`, or `pattern.<name>` of a tenant's own pattern. */
export type Signal = string
