import type { BundlePolicy, Rewriting, RuleMatch } from '@writ/contracts'
import type { Hit } from '../../ask-rules.ts'
import type { CompiledPolicies } from '../../compile.ts'
import { NOT_KNOWN } from '../../rule-fault.ts'
import type { Recorded } from './recorded.ts'
import { didAct } from './verdict.ts'

/** What was done to which signal, and what would be, e.g. `pii.email: mask`; `unknown` where the record does not tell whether it is the same. */
export type Rewritings = {
  readonly before: readonly string[]
  readonly after: readonly string[]
  readonly verdict: 'same' | 'other' | 'unknown'
}

/** The rewritings of a rule, by signal, as the version of the policy had them that a match names; undefined where it is not known. */
export type RewritingsOf = (match: RuleMatch) => ReadonlyMap<string, Rewriting> | undefined

export function rewritingsIn(
  policies: readonly BundlePolicy[],
  { candidates }: CompiledPolicies,
): RewritingsOf {
  const groups = policies.flatMap((policy) => policy.groups)
  const rules = (['outbound', 'inbound'] as const).flatMap((direction) =>
    candidates.applicable(groups, direction),
  )
  const known = new Map(rules.map(({ match, rewritings }) => [keyOf(match), rewritings]))
  return (match) => known.get(keyOf(match))
}

const keyOf = ({ policy, policyVersion, rule }: RuleMatch): string => `${policy} ${policyVersion} ${rule}`

type Sight = {
  /** the policy that the draft takes the place of */
  readonly replaces: string | null
  /** rules of the draft that did or may have matched */
  readonly hits: readonly Hit[]
  /** nobody looked into the content */
  readonly isUnseen: boolean
  /** nobody looked for the patterns of the draft */
  readonly hasNewPatterns: boolean
}

/** Both sides as far as records tell: by rule and signal, because no record keeps what was rewritten. */
export function compareRewritings(
  { decision }: Recorded,
  { replaces, ...sight }: Sight,
  rewritingsOf: RewritingsOf,
): Rewritings {
  const acted = decision.modified ? decision.matches.filter(isRewriting) : []
  const told = acted.map((match) => ({ match, ways: rewritingsOf(match) }))
  const kept = told.filter(({ match }) => match.policy !== replaces)
  const removed = told.filter(({ match }) => match.policy === replaces)
  const keptWays = kept.flatMap(({ ways }) => among(decision.signals, ways))
  const draft = draftWays(decision.signals, sight)
  const before = sorted([...keptWays, ...removed.flatMap(({ ways }) => among(decision.signals, ways))])
  const after = sorted([...keptWays, ...draft.sure])
  const isBeforeKnown = removed.every(({ ways }) => ways !== undefined)
  return { before, after, verdict: verdictOf({ before, after }, { isBeforeKnown, ...draft }) }
}

const isRewriting = (match: RuleMatch): boolean =>
  match.effect === 'modify' && !match.errored && didAct(match)

const among = (signals: readonly string[], ways: ReadonlyMap<string, Rewriting> | undefined) =>
  [...(ways ?? [])].filter(([signal]) => signals.includes(signal)).map(([signal, way]) => `${signal}: ${way}`)

type DraftWays = {
  readonly sure: readonly string[]
  /** there may be more */
  readonly isOpen: boolean
}

function draftWays(
  signals: readonly string[],
  { hits, isUnseen, hasNewPatterns }: Omit<Sight, 'replaces'>,
): DraftWays {
  const isBlindTo = (signal: string) => isUnseen || (hasNewPatterns && signal.startsWith('pattern.'))
  const seen = signals.filter((signal) => !isBlindTo(signal))
  const rewriting = hits.filter(({ rule }) => rule.source.effect === 'modify')
  const isOpen = rewriting.some(
    ({ rule, truth }) =>
      [...rule.rewritings.keys()].some(isBlindTo) ||
      (truth === NOT_KNOWN && among(seen, rule.rewritings).length > 0),
  )
  const certain = rewriting.filter(({ truth }) => truth === true)
  return { sure: certain.flatMap(({ rule }) => among(seen, rule.rewritings)), isOpen }
}

function verdictOf(
  { before, after }: Pick<Rewritings, 'before' | 'after'>,
  { isBeforeKnown, isOpen }: { readonly isBeforeKnown: boolean; readonly isOpen: boolean },
): Rewritings['verdict'] {
  // whatever it was that was done then, nothing would be done now
  if (!isBeforeKnown) return after.length === 0 && before.length === 0 && !isOpen ? 'other' : 'unknown'
  if (after.some((way) => !before.includes(way))) return 'other'
  if (isOpen) return 'unknown'
  return before.length === after.length ? 'same' : 'other'
}

const sorted = (ways: readonly string[]): readonly string[] => [...new Set(ways)].sort()
