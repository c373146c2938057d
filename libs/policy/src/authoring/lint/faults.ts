import type { BundlePolicy, Comparison, Operator, PolicyDocument, Rule } from '@writ/contracts'
import { compilePolicies } from '../../compile.ts'
import { Conditions } from '../../condition.ts'
import { SIGNALS } from '../../detectors/signals.ts'
import { FIELDS, WORDS } from '../../fields.ts'
import { compilePatterns } from '../../patterns/compile-patterns.ts'
import { PatternFault } from '../../patterns/pattern-fault.ts'
import type { Scope } from '../../leaf.ts'
import { RuleFault } from '../../rule-fault.ts'
import { scopesOf } from '../../scopes.ts'
import type { Steps } from '../positions.ts'
import { conditionsOf, isComparison, partsOf } from './conjuncts.ts'
import type { Part } from './conjuncts.ts'
import type { Remark } from './finding.ts'
import { nearest } from '../nearest.ts'

/**
 * What the compiler itself finds: unknown paths, words and patterns, operators that cannot take their operand, limits. Each stands at the
 * part of the rule that is at fault, and says what may have been meant.
 */
export function faultsIn(document: PolicyDocument): readonly Remark[] {
  const policy = asPolicy(document)
  const { faults } = compilePolicies([policy], { groups: [], overrides: [] })
  const patterns = patternFaultsIn(policy)
  const scope = scopesOf([policy]).scopeOf(policy)
  const rules: Remark[] = []
  for (const { rule: id, because } of faults)
    rules.push(...faultsOfRule({ policy, scope, room: MOST_PLACED - rules.length }, id, because))
  // a pattern that cannot be used takes all the others of the policy with it, and every rule that names one
  return patterns.length === 0
    ? rules
    : [...patterns, ...rules.filter(({ message }) => !namesOneOf(message, document))]
}

const namesOneOf = (message: string, { patterns = {} }: PolicyDocument): boolean =>
  Object.keys(patterns).some(
    (name) =>
      message === noPattern(name) ||
      message === noSignal(`pattern.${name}`) ||
      message.startsWith(`content.signals is never ${JSON.stringify(`pattern.${name}`)}`),
  )

const noPattern = (name: string): string => `the policy has no pattern ${name}`
const noSignal = (name: string): string => `no signal is named ${name}`

const asPolicy = (document: PolicyDocument): BundlePolicy => ({
  id: `pol_${'0'.repeat(26)}`,
  name: document.title ?? 'policy',
  version: 1,
  groups: [`grp_${'0'.repeat(26)}`],
  document,
})

const fault = (rule: string | null, steps: Steps, message: string): Remark => ({
  level: 'error',
  code: 'fault',
  rule,
  steps,
  message,
})

function patternFaultsIn({ id, document: { patterns = {} } }: BundlePolicy): readonly Remark[] {
  const each = Object.entries(patterns).map(([name, source]) =>
    compilePatterns([{ policy: id, patterns: { [name]: source } }]),
  )
  const broken = [...each, compilePatterns([{ policy: id, patterns }])].filter(
    (one) => one instanceof PatternFault,
  )
  const first = new Map(broken.map((one) => [one.pattern, one]))
  return [...first.values()].map(({ pattern, because }) =>
    pattern === null
      ? fault(null, ['patterns'], because)
      : fault(null, ['patterns', pattern], `the pattern ${pattern} is refused: ${because}`),
  )
}

/** Parts at fault that are looked for in all: beyond them only the rule is named, so that lint takes no longer the more is wrong. */
const MOST_PLACED = 50

type Draft = { readonly policy: BundlePolicy; readonly scope: Scope; readonly room: number }

function faultsOfRule(draft: Draft, id: string, because: string): readonly Remark[] {
  const { policy, room } = draft
  const { rules } = policy.document
  const at = rules.findIndex((rule) => rule.id === id)
  const rule = rules[at]
  if (rule === undefined) return [fault(null, ['patterns'], because)]
  const parts =
    room <= 0 ? [] : [...partsAtFault(draft, rule, at), ...signalsAtFault(policy, rule, { at, because })]
  return parts.length > 0 ? parts : [fault(id, ['rules', at], because)]
}

/** A rule has one reason, and may have several faults: each part is compiled by itself. */
function partsAtFault({ policy, scope, room }: Draft, rule: Rule, at: number): readonly Remark[] {
  const conditions = new Conditions()
  const broken = leavesOf(rule, at).flatMap(({ condition, steps }) => {
    const compiled = conditions.compile(condition, scope)
    return compiled instanceof RuleFault ? [{ condition, steps, because: compiled.because }] : []
  })
  return broken.slice(0, room).map(({ condition, steps, because }) => {
    const hint = isComparison(condition) ? hintFor(condition, because, policy.document) : ''
    return fault(rule.id, steps, `${because}${hint}`)
  })
}

/** A modify rule names signals, too. */
function signalsAtFault(
  { document: { patterns = {} } }: BundlePolicy,
  { id, modify = {} }: Rule,
  { at, because }: { readonly at: number; readonly because: string },
): readonly Remark[] {
  const name = Object.keys(modify).find((one) => because === noSignal(one))
  if (name === undefined) return []
  const meant = nearest(name, signalsOf(Object.keys(patterns)))
  return [
    fault(id, ['rules', at, 'modify', name], meant === null ? because : `${because}; did you mean ${meant}?`),
  ]
}

const signalsOf = (patterns: readonly string[]): readonly string[] => [
  ...SIGNALS,
  ...patterns.map((name) => `pattern.${name}`),
]

const leavesOf = (rule: Rule, at: number): readonly Part[] =>
  conditionsOf(rule, at)
    .flatMap(partsOf)
    .filter(({ condition }) => !('all' in condition || 'any' in condition || 'not' in condition))

function hintFor(comparison: Comparison, because: string, { patterns = {} }: PolicyDocument): string {
  const { path, to, op } = comparison
  if (because.includes(' is never ')) return wordHint(comparison, because, Object.keys(patterns))
  const meant =
    meantPath(path, because) ??
    (to === undefined ? null : meantPath(to, because)) ??
    meantPattern(comparison, because, Object.keys(patterns))
  if (meant !== null) return `; did you mean ${meant}?`
  return because.includes(' cannot take ') && TAKES[op] !== undefined ? `; it takes ${TAKES[op]}` : ''
}

const meantPath = (path: string, because: string): string | null =>
  because === `there is no ${path}` ? nearest(path, FIELDS.keys()) : null

const FEW_WORDS = 12

function wordHint({ path, value = null }: Comparison, because: string, patterns: readonly string[]): string {
  const words = path === 'content.signals' ? signalsOf(patterns) : (WORDS.get(path) ?? [])
  const stray = [value].flat().find((word) => because.endsWith(JSON.stringify(word)))
  const word = typeof stray === 'string' ? nearest(stray, words) : null
  if (word !== null) return `; did you mean ${JSON.stringify(word)}?`
  return words.length > 0 && words.length <= FEW_WORDS ? `; it is one of ${words.join(', ')}` : ''
}

const meantPattern = ({ value }: Comparison, because: string, patterns: readonly string[]): string | null =>
  typeof value === 'string' && because === noPattern(value) ? nearest(value, patterns) : null

const ORDERED = 'a number or a text'
const LIST = 'a list'
const INSTANT = 'an instant, e.g. "2026-01-31T12:00:00Z"'
/** What may stand in `value`, by operator. */
const TAKES: Partial<Readonly<Record<Operator, string>>> = {
  eq: 'one text, number, boolean or null; for several write op: in',
  ne: 'one text, number, boolean or null',
  in: LIST,
  gt: ORDERED,
  gte: ORDERED,
  lt: ORDERED,
  lte: ORDERED,
  startsWith: 'a text',
  endsWith: 'a text',
  contains: 'a text',
  glob: 'a text',
  has: 'one text, number or boolean; for several write op: hasAny or hasAll',
  hasAny: LIST,
  hasAll: LIST,
  subsetOf: LIST,
  cidr: 'a range such as "10.0.0.0/8", or a list of ranges',
  before: INSTANT,
  after: INSTANT,
}
