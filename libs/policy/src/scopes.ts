import type { BundlePolicy } from '@writ/contracts'
import type { Scope } from './leaf.ts'
import { Readers } from './readers.ts'
import { compilePatterns } from './patterns/compile-patterns.ts'
import type { CompiledPatterns, PatternSource } from './patterns/compile-patterns.ts'
import { PatternFault } from './patterns/pattern-fault.ts'

export type Scopes = {
  readonly patterns: CompiledPatterns | null
  readonly readers: Readers
  readonly scopeOf: (policy: BundlePolicy) => Scope
  /** policies by the name of a pattern of theirs */
  readonly owners: ReadonlyMap<string, readonly string[]>
}

/**
 * The patterns of all policies, each known to its own policy only. A policy with a pattern that cannot be compiled, or that stands twice
 * with different patterns, has none: rules of it that name one cannot be compiled either.
 */
export function scopesOf(policies: readonly BundlePolicy[]): Scopes {
  const sources = sound(patternSources(policies))
  const patterns = sources.length === 0 ? null : orNull(compilePatterns(sources))
  const names = new Map(sources.map((source) => [source.policy, new Set(Object.keys(source.patterns))]))
  const readers = new Readers()
  const scopes = new Map<string, Scope>()
  const scopeOf = ({ id }: BundlePolicy): Scope => {
    const known = scopes.get(id)
    const scope = known ?? { policy: id, patterns, names: (patterns && names.get(id)) ?? NO_NAMES, readers }
    if (known === undefined) scopes.set(id, scope)
    return scope
  }
  return { patterns, readers, scopeOf, owners: patterns === null ? new Map() : ownersOf(sources) }
}

const NO_NAMES: ReadonlySet<string> = new Set()

function patternSources(policies: readonly BundlePolicy[]): readonly PatternSource[] {
  const sources = new Map<string, PatternSource | null>()
  for (const { id, document } of policies) {
    if (document.patterns === undefined) continue
    const known = sources.get(id)
    const isSame = known === undefined || (known !== null && saySame(known.patterns, document.patterns))
    sources.set(id, isSame ? { policy: id, patterns: document.patterns } : null)
  }
  const all = [...sources.values()].filter((source) => source !== null)
  return all.sort((left, right) => (left.policy < right.policy ? -1 : 1))
}

const saySame = (left: PatternSource['patterns'], right: PatternSource['patterns']): boolean =>
  Object.keys(left).length === Object.keys(right).length &&
  Object.entries(left).every(([name, pattern]) => right[name] === pattern)

const sound = (sources: readonly PatternSource[]): readonly PatternSource[] =>
  sources.filter((source) => !(compilePatterns([source]) instanceof PatternFault))

const orNull = (compiled: CompiledPatterns | PatternFault): CompiledPatterns | null =>
  compiled instanceof PatternFault ? null : compiled

function ownersOf(sources: readonly PatternSource[]): ReadonlyMap<string, readonly string[]> {
  const owners = new Map<string, string[]>()
  for (const { policy, patterns } of sources) {
    for (const name of Object.keys(patterns)) owners.set(name, [...(owners.get(name) ?? []), policy])
  }
  return owners
}
