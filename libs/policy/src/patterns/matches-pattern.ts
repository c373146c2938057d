import { RuleFault } from '../rule-fault.ts'
import { keyOf, MAX_STEPS } from './compile-patterns.ts'
import type { CompiledPatterns } from './compile-patterns.ts'

const MAX_TEXT = 64 * 1024

/**
 * Whether a policy's pattern is anywhere in a text; `^...$` asks for the whole of it. Never yields, so the text is bounded: 64 Ki
 * characters, and fewer for a large pattern (20,000 at 20 instructions).
 * @returns a fault when there is no such pattern or the text is too long for it
 */
export function matchesPattern(
  compiled: CompiledPatterns,
  policy: string,
  name: string,
  text: string,
): boolean | RuleFault {
  const pattern = compiled.byName.get(keyOf(policy, name))
  if (pattern === undefined) return new RuleFault(`there is no pattern ${name}`)
  if (text.length > MAX_TEXT || text.length * pattern.size > MAX_STEPS)
    return new RuleFault(`the text is too long for the pattern ${name}`)
  if (pattern.needs !== null && !text.includes(pattern.needs)) return false
  return pattern.alone.match(text).length > 0
}
