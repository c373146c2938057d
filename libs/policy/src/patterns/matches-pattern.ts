import { RuleFault } from '../rule-fault.ts'
import { keyOf, MAX_STEPS } from './compile-patterns.ts'
import type { CompiledPatterns, TenantPattern } from './compile-patterns.ts'

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
  return isIn(text, pattern)
}

/** The same short argument is asked about on the way out and on the way back. */
function isIn(text: string, { alone, last }: TenantPattern): boolean {
  if (text.length > MAX_REMEMBERED) return alone.match(text).length > 0
  if (last.text !== text) {
    last.isIn = alone.match(text).length > 0
    last.text = text
  }
  return last.isIn
}

const MAX_REMEMBERED = 128
