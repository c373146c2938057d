import type { Span } from '../detectors/sighting.ts'
import { RuleFault } from '../rule-fault.ts'
import { MAX_SIZE, MAX_STEPS } from './compile-patterns.ts'
import type { CompiledPatterns, TenantPattern } from './compile-patterns.ts'
import { searchGroup } from './search-group.ts'
import { unionOf } from './union.ts'

/** `signal` is `pattern.<name>`; only the rules of `policy` may see it. */
export type PatternSpan = Span & { readonly policy: string }

/** What is left of the work that one inspection may spend on patterns. One budget for all texts of a content. */
export type PatternBudget = { steps: number; spans: number }

/**
 * A step is one instruction of a pattern at one character: up to 40 ns. Texts that make the automata be built again and again pay their
 * length times the size of the patterns, and others half a step for a character and group (see `searchGroup`): 64 patterns are searched
 * in 6 MB. No content costs more than about 2.5 s in all, and that in slices. What a text costs depends a little on those before it,
 * what is found never does.
 */
export const patternBudget = (): PatternBudget => ({ steps: 2 ** 26, spans: 5_000 })

/**
 * Finds the tenant's patterns in a text. Yields after every slice of at most MAX_STEPS (16 ms in the worst case, 20 us in ordinary text)
 * what that took, in steps, so that its caller can give the event loop a turn.
 *
 * A text of more than 2,048 characters (fewer for large patterns) is searched in windows: there a match of up to 448 characters is sure
 * to be found, a longer one where a window holds enough of it. `^` means the beginning of the text; `$` also holds where a window ends,
 * which errs towards a finding. Matches that overlap are one span. Empty matches are no findings.
 * @returns by place; a fault when the budget is spent: what was not searched does not count as clean
 */
export function* findPatterns(
  compiled: CompiledPatterns,
  text: string,
  budget: PatternBudget = patternBudget(),
): Generator<number, readonly PatternSpan[] | RuleFault> {
  const found: PatternSpan[] = []
  for (const group of compiled.groups) {
    for (const window of windowsOf(text, group.size)) {
      const { present, steps } = searchGroup(group, sliceOf(text, window))
      if (!take(budget, steps)) return TOO_MUCH
      yield steps
      for (const number of present) {
        const pattern = group.patterns[number]
        const search = { text, window, budget, found, policies: group.policies }
        if (pattern !== undefined && !(yield* locate(pattern, search))) return TOO_MUCH
      }
    }
  }
  return unionOf(found)
}

const TOO_MUCH = new RuleFault("searching for the tenant's patterns takes too long")

/** A stretch of the text; `before` characters of it are only there for what `^` and `\b` ask for. */
type Window = { readonly start: number; readonly end: number; readonly before: 0 | 1 }

const MAX_WINDOW = 2_048
/** What a pattern without repetitions can match at most. */
const OVERLAP = MAX_SIZE

function windowsOf(text: string, size: number): Iterable<Window> {
  const width = Math.min(MAX_WINDOW, Math.floor(MAX_STEPS / size))
  if (text === '') return []
  return text.length <= width ? [{ start: 0, end: text.length, before: 0 }] : windowsIn(text, width)
}

function* windowsIn(text: string, width: number): Generator<Window> {
  for (let next = 0; next < text.length; next += width - OVERLAP) {
    const start = wholeAt(text, next)
    const end = wholeAt(text, Math.min(text.length, next + width))
    yield { start, end, before: start === 0 ? 0 : 1 }
    if (end === text.length) return
  }
}

/** The place itself, or before the surrogate pair that it would divide. */
const wholeAt = (text: string, place: number): number =>
  isHighSurrogate(text.charCodeAt(place - 1)) && isLowSurrogate(text.charCodeAt(place)) ? place - 1 : place

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00
const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000

const sliceOf = (text: string, { start, end, before }: Window): string => text.slice(start - before, end)

function take(budget: PatternBudget, steps: number): boolean {
  budget.steps -= steps
  return budget.steps >= 0
}

type Search = {
  readonly text: string
  readonly window: Window
  readonly budget: PatternBudget
  readonly found: PatternSpan[]
  /** whose pattern it is */
  readonly policies: readonly string[]
}

/** Adds all matches in a window. A search may read to the end of the window each time, so each is a slice of its own. */
function* locate(pattern: TenantPattern, search: Search): Generator<number, boolean> {
  const { text, window, budget } = search
  const { size } = pattern
  const most = (window.end - window.start) * size
  if (!take(budget, most)) return false
  if (pattern.isWhole && window.start === 0 && window.end === text.length) {
    yield most
    return report(pattern, window, search)
  }
  const matcher = pattern.expression.matcher(sliceOf(text, window))
  for (let isFound = matcher.find(window.before); isFound; isFound = matcher.find()) {
    const offset = window.start - window.before
    const match = { start: offset + matcher.start(), end: offset + matcher.end() }
    yield most
    if (match.end > match.start && !report(pattern, match, search)) return false
    if (!take(budget, (window.end - match.end) * size)) return false
  }
  yield most
  return true
}

function report(
  { signal }: TenantPattern,
  { start, end }: { start: number; end: number },
  { found, budget, policies }: Search,
): boolean {
  for (const policy of policies) found.push({ policy, signal, start, end })
  budget.spans -= policies.length
  return budget.spans >= 0
}
