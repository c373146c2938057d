import type { Direction, Rewriting } from '@writ/contracts'
import type { CompiledPolicies } from './compile.ts'
import type { CompiledRule, Needs } from './compiled-rule.ts'
import { READS } from './facts.ts'

/** What decisions about callers of these groups take: what is not needed is not inspected, loaded or derived. */
export function needsOf(compiled: CompiledPolicies, groups: readonly string[], direction: Direction): Needs {
  return compiled.candidates.needs(groups, direction, (rules) => ({
    content: rules.some(({ reads, source }) => (reads & READS.signals) > 0 || source.effect === 'modify'),
    // An abort has to be known at the session's next call. Labels alone need nobody to remember them until a rule asks.
    session: rules.some(({ reads, source }) => (reads & READS.session) > 0 || source.effect === 'abort'),
    keys: rules.some((rule) => (rule.reads & READS.keys) > 0 || isKeyed(rule)),
  }))
}

const KEYED: ReadonlySet<Rewriting> = new Set<Rewriting>(['hash', 'token', 'surrogate', 'restore'])

const isKeyed = ({ rewritings }: CompiledRule): boolean =>
  [...rewritings.values()].some((rewriting) => KEYED.has(rewriting))
