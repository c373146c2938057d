import { RE2JS } from 're2js'
import { RuleFault } from '../rule-fault.ts'
import type { Work } from '../work.ts'

/** Characters. RE2 takes time linear in the text, times the size of the pattern. */
const MOST_PATTERN = 512
const MOST_TEXT = 32 * 1024

/** Steps of a compiled pattern times characters, for one unit of work: RE2 may look at every step for every character. */
const STEPS_IN_A_UNIT = 32

/** Whether the pattern is found in the text. What RE2 cannot read (look-around, back references, `\u`) cannot be told. */
export function matchesIn(pattern: string, text: string, work: Work): boolean | RuleFault {
  if (pattern.length > MOST_PATTERN || text.length > MOST_TEXT) return TOO_LONG
  if (!work.take(compilingCostOf(pattern))) return TOO_LONG
  try {
    const compiled = RE2JS.compile(pattern)
    if (!work.take((compiled.programSize() * text.length) / STEPS_IN_A_UNIT)) return TOO_LONG
    return compiled.matcher(text).find()
  } catch {
    return UNREADABLE
  }
}

/** Units of work, so that a schema of a thousand patterns stays within the budget of a walk. A counted repeat is compiled as often as it counts. */
function compilingCostOf(pattern: string): number {
  const counts = pattern.match(/\d{1,9}(?=\})/g) ?? []
  return 100 + pattern.length * 3 + counts.reduce((sum, count) => sum + Number(count), 0) * 10
}

const TOO_LONG = new RuleFault('cannot be checked: a pattern of the input schema is too long for it')
const UNREADABLE = new RuleFault('cannot be checked: a pattern of the input schema is not RE2')
