import type { PatternSpan } from './find-patterns.ts'

/** By place; what one pattern found twice because two windows share it, or in two pieces, is one span. */
export function unionOf(spans: readonly PatternSpan[]): readonly PatternSpan[] {
  if (spans.length < 2) return spans
  const united: PatternSpan[] = []
  const lastOf = new Map<string, number>()
  for (const span of spans.toSorted(byPlace)) {
    const key = `${span.policy} ${span.signal}`
    const number = lastOf.get(key)
    const last = number === undefined ? undefined : united[number]
    if (number !== undefined && last !== undefined && span.start < last.end) {
      united[number] = { ...last, end: Math.max(last.end, span.end) }
    } else {
      lastOf.set(key, united.push(span) - 1)
    }
  }
  return united
}

const byPlace = (one: PatternSpan, other: PatternSpan): number =>
  one.start - other.start || one.end - other.end
