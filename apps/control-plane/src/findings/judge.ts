import { callsWithout } from './calls.ts'
import { effectsWithout } from './effects.ts'
import { egressWithout } from './egress.ts'
import type { Found, History } from './history.ts'

/** What is seen in one place of a session and missing in another. */
export const judge = (history: History): Found[] => [
  ...egressWithout(history),
  ...effectsWithout(history),
  ...callsWithout(history),
]
