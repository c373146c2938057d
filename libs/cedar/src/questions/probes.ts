import type { Comparison, Condition, Json, Rule } from '@writ/contracts'

/** For each path that the rules read, the values at which some answer may change, and their neighbours. */
export type Probes = ReadonlyMap<string, readonly Json[]>

export function probesOf(rules: readonly Rule[]): Probes {
  const probes = new Map<string, Json[]>()
  const add = (path: string, values: readonly Json[]) =>
    probes.set(path, [...(probes.get(path) ?? OF_EVERY_KIND), ...values])
  for (const comparison of rules.flatMap(({ when, unless }) => [when, unless].flatMap(comparisonsIn))) {
    const values = valuesAround(comparison)
    add(comparison.path, values)
    if (comparison.to !== undefined) add(comparison.to, values)
  }
  return probes
}

/** One value of each kind, because what is not of the kind that is expected is where policies err. */
const OF_EVERY_KIND: readonly Json[] = ['', 'same', 0, 1, true, false, [], ['same'], {}]

function comparisonsIn(condition: Condition | undefined): Comparison[] {
  if (condition === undefined) return []
  if ('all' in condition) return condition.all.flatMap(comparisonsIn)
  if ('any' in condition) return condition.any.flatMap(comparisonsIn)
  if ('not' in condition) return comparisonsIn(condition.not)
  return 'path' in condition ? [condition] : []
}

const LISTS: ReadonlySet<string> = new Set(['has', 'hasAny', 'hasAll', 'subsetOf'])

function valuesAround({ op, value }: Comparison): readonly Json[] {
  if (value === undefined || op === 'exists') return []
  if (op === 'glob') return typeof value === 'string' ? globProbes(value) : []
  const items = [value].flat()
  if (!LISTS.has(op)) return items.flatMap(neighboursOf)
  return [
    items,
    [...items, 'other'],
    items.slice(1),
    items.slice(0, 1),
    ...items.map((item) => [item]),
    ...items,
  ]
}

function neighboursOf(value: Json): readonly Json[] {
  if (typeof value === 'number') return [value - 1, value, value + 1, `${value}`]
  if (typeof value === 'string') return [value, `${value}x`, value.slice(1), value.toUpperCase()]
  return typeof value === 'boolean' ? [value, !value] : []
}

/** Each wildcard as nothing, as one character and as several; and a text that just misses. */
function globProbes(glob: string): readonly Json[] {
  const fill = (run: string) => glob.replaceAll(/\\\*|\*/g, (piece) => (piece === '*' ? run : '*'))
  return [fill(''), fill('x'), fill('x/*y'), `${fill('')}x`, `x${fill('')}`, fill('').slice(1)]
}
