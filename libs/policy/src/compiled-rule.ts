import type { Rewriting, Rule, RuleMatch } from '@writ/contracts'
import type { Scope } from './leaf.ts'
import type { Overrides } from './overrides.ts'
import type { Part } from './part.ts'
import type { RuleFault } from './rule-fault.ts'

/** One rule, ready to be asked. */
export type CompiledRule = {
  /** place in the one order in which rules are reported */
  readonly ordinal: number
  readonly source: Rule
  readonly scope: Scope
  /** how it is reported when it simply matches */
  readonly match: RuleMatch
  /** a fault for a rule that could not be compiled */
  readonly condition: Part | RuleFault
  readonly reads: number
  /** signal to rewriting; empty unless the effect is `modify` */
  readonly rewritings: ReadonlyMap<string, Rewriting>
  readonly overrides: Overrides
  readonly ask: { readonly ttlSeconds: number; readonly waitSeconds: number }
}

/** What has to be at hand for a decision. `keys`: those of the tenant, for keyed rewritings and for recognising values. */
export type Needs = { readonly content: boolean; readonly session: boolean; readonly keys: boolean }
