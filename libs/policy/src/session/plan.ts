import { createHash } from 'node:crypto'
import type { BundlePolicy, Condition, Count, Duration, Rule, Selection, Sum } from '@writ/contracts'
import { KNOWN_SECRET } from '../detectors/secrets/signals.ts'
import { globOf } from '../glob.ts'
import { RuleFault } from '../rule-fault.ts'

/** One aggregate that some rule asks for, kept folded in the session's state. */
export type FoldSpec = {
  /** derived from the rest, so that equal folds of different rules are one */
  readonly id: string
  readonly select: Selection
  /** the argument path whose numbers are summed; null counts events */
  readonly sum: string | null
  readonly window: Duration | null
}

/** What a session has to remember under one bundle. */
export type SessionPlan = {
  readonly folds: readonly FoldSpec[]
  /** some rule asks where a value was met before */
  readonly remembersValues: boolean
  /** some rule asks for secrets that were lent or seen before */
  readonly remembersSecrets: boolean
}

/** Shadow policies are planned for as well: they are decided and recorded like the others. */
export function planOf(policies: readonly BundlePolicy[]): SessionPlan {
  const rules = policies.flatMap(({ document }) => document.rules)
  const leaves = rules.flatMap((rule) => [rule.when, ...(rule.unless ? [rule.unless] : [])]).flatMap(leavesOf)
  const folds = new Map(
    leaves
      .filter(isFold)
      .map(foldSpecOf)
      .filter(isSpec)
      .map((spec) => [spec.id, spec]),
  )
  return {
    folds: [...folds.values()],
    remembersValues: leaves.flatMap(pathsOf).some(readsProvenance),
    remembersSecrets: rules.some(asksForKnownSecrets),
  }
}

/** By name, or by a pattern over signals of a modify rule. */
const asksForKnownSecrets = ({ when, unless, modify = {} }: Rule): boolean =>
  [when, ...(unless ? [unless] : [])].flatMap(leavesOf).some(namesKnownSecrets) ||
  Object.keys(modify).some((pattern) => globOf(pattern)(KNOWN_SECRET))

const namesKnownSecrets = (leaf: Leaf): boolean =>
  !isFold(leaf) && leaf.path === 'content.signals' && [leaf.value].flat().includes(KNOWN_SECRET)

const isSpec = (spec: FoldSpec | RuleFault): spec is FoldSpec => !(spec instanceof RuleFault)

/** @returns a fault where the sum is not one of arguments: nothing else of a past event is kept */
export function foldSpecOf(condition: Count | Sum): FoldSpec | RuleFault {
  const select = 'count' in condition ? condition.count : condition.of
  const sum = 'sum' in condition ? condition.sum : null
  if (sum !== null && !/^args[.[]/.test(sum))
    return new RuleFault(`a sum adds up arguments, so its path starts with args: ${sum}`)
  const window = condition.window ?? null
  return { id: idOf(select, sum, window), select, sum, window }
}

type Leaf = Exclude<
  Condition,
  { readonly all: unknown } | { readonly any: unknown } | { readonly not: unknown }
>

function leavesOf(condition: Condition): readonly Leaf[] {
  if ('all' in condition) return condition.all.flatMap(leavesOf)
  if ('any' in condition) return condition.any.flatMap(leavesOf)
  if ('not' in condition) return leavesOf(condition.not)
  return [condition]
}

const isFold = (leaf: Leaf): leaf is Count | Sum => 'count' in leaf || 'sum' in leaf

const pathsOf = (leaf: Leaf): readonly string[] =>
  isFold(leaf) ? [] : [leaf.path, ...(leaf.to === undefined ? [] : [leaf.to])]

const readsProvenance = (path: string): boolean => /^provenance\b|^resource\.provenance$/.test(path)

/** The members in one order, and lists as sets: what means the same has one id. */
function idOf(select: Selection, sum: string | null, window: Duration | null): string {
  const meant = [
    select.event,
    setOf(select.class),
    setOf(select.tool),
    setOf(select.connection),
    select.same ?? null,
    sum,
    window,
  ]
  return createHash('sha256').update(JSON.stringify(meant)).digest('base64url').slice(0, ID_LENGTH)
}

/** 72 bits: two folds of one tenant do not meet by accident. */
export const ID_LENGTH = 12

const setOf = (names: readonly string[] | undefined): readonly string[] | null =>
  names === undefined ? null : [...new Set(names)].sort()
