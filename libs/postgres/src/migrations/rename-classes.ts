/** Each action class of before, and those that took its place; the first is the one that most of its tools are of. */
const SUCCESSORS: ReadonlyMap<unknown, readonly [string, ...string[]]> = new Map([
  ['read', ['read.private', 'read.public', 'read.untrusted']],
  ['write', ['write.shared', 'write.local']],
  ['delete', ['destructive']],
  ['execute', ['exec']],
  ['send', ['sink.external']],
  ['spend', ['money']],
  ['administer', ['admin', 'credential']],
])

/** The class that a tool of that class has now. */
export const renamedClass = (before: string): string => SUCCESSORS.get(before)?.[0] ?? before

/**
 * A policy document in which every comparison of `action.class` means what it meant. Where a class became several, all of them are meant:
 * a rule that denied writing would otherwise let some of it through.
 */
export function withRenamedClasses(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(withRenamedClasses)
  if (typeof part !== 'object' || part === null) return part
  if ('path' in part && part.path === 'action.class' && 'value' in part)
    return renamedComparison({ ...part, path: part.path })
  return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, withRenamedClasses(value)]))
}

function renamedComparison(comparison: { readonly path: string; readonly value: unknown }): unknown {
  const op = 'op' in comparison ? comparison.op : undefined
  const { value } = comparison
  if (Array.isArray(value)) return { ...comparison, value: value.flatMap(successorsOf) }
  const classes = successorsOf(value)
  if (classes.length === 1) return { ...comparison, value: classes[0] }
  const isOneOf = { path: comparison.path, op: 'in', value: classes }
  if (op === 'eq') return isOneOf
  // Any other operator looks at parts of a name: what it compares with is no class.
  return op === 'ne' ? { not: isOneOf } : comparison
}

const successorsOf = (value: unknown): readonly unknown[] => SUCCESSORS.get(value) ?? [value]
