import type { Comparison, Json, Rule } from '@writ/contracts'
import { matcherOf } from '../../match.ts'
import type { Leaf, Part } from './conjuncts.ts'
import { conditionsOf, conjunctsOf, leavesAmong, partsOf, textOf } from './conjuncts.ts'
import type { Remark } from './finding.ts'

/** Rules, and parts of rules, that no call whatever can satisfy. Not complete: it compares what one `all` says of one path, in pairs. */
export function contradictionsIn(rule: Rule, at: number): readonly Remark[] {
  const parts = conditionsOf(rule, at).flatMap(partsOf)
  return [
    ...parts.filter(isAll).flatMap((part) => clashesIn(part, rule.id)),
    ...parts.flatMap((part) => emptyIn(part, rule.id)),
    ...cancelledBy(rule, at),
    ...alwaysErring(rule, at),
  ]
}

const isAll = ({ condition, steps }: Part): boolean => 'all' in condition && steps.at(-2) !== 'all'

function clashesIn(part: Part, rule: string): readonly Remark[] {
  const leaves = leavesAmong(conjunctsOf(part)).filter(({ comparison }) => isOfOneValue(comparison))
  return leaves.flatMap((leaf, at) => {
    const other = leaves.slice(0, at).find((before) => isClash(before, leaf))
    if (other === undefined) return []
    const message = `${sayingOf(leaf.comparison)} cannot hold together with ${sayingOf(other.comparison)}`
    return [{ level: 'error' as const, code: 'contradiction' as const, rule, steps: leaf.steps, message }]
  })
}

/** What `*` finds is a list of values, of which several things can be true. */
const isOfOneValue = ({ path, to }: Comparison): boolean => to === undefined && !path.includes('*')

const isClash = (left: Leaf, right: Leaf): boolean =>
  left.comparison.path === right.comparison.path &&
  (isDisjoint(left.comparison, right.comparison) || isDisjoint(right.comparison, left.comparison))

function isDisjoint(left: Comparison, right: Comparison): boolean {
  if (left.op === 'exists') return left.value === false && needsValue(right)
  const values = valuesOf(left)
  if (values !== null) return values.length > 0 && values.every((value) => fails(value, right))
  return isEmptyRange(left, right) || areOddAffixes(left, right)
}

const needsValue = ({ op, value }: Comparison): boolean =>
  op !== 'ne' && !(op === 'exists' && value === false)

/** The only values that satisfy a comparison, where they can be counted. */
function valuesOf({ op, value }: Comparison): readonly Json[] | null {
  if (op === 'eq' && value !== undefined) return [value]
  return op === 'in' && Array.isArray(value) ? value : null
}

/** A value that the operator cannot judge makes the rule err, and so does not fail it. */
function fails(value: Json, { op, value: operand = null }: Comparison): boolean {
  if (op === 'ne') return value === operand
  if (op === 'exists') return operand === false
  return op !== 'matches' && matcherOf(op, operand)?.(value) === false
}

const LOWER = new Set(['gt', 'gte'])
const UPPER = new Set(['lt', 'lte'])

function isEmptyRange(lower: Comparison, upper: Comparison): boolean {
  if (!LOWER.has(lower.op) || !UPPER.has(upper.op)) return isEmptyTime(lower, upper)
  const [from, to] = [lower.value, upper.value]
  if (typeof from !== typeof to || (typeof from !== 'number' && typeof from !== 'string')) return false
  if (from === to) return lower.op === 'gt' || upper.op === 'lt'
  return (from ?? 0) > (to ?? 0)
}

function isEmptyTime(after: Comparison, before: Comparison): boolean {
  if (after.op !== 'after' || before.op !== 'before') return false
  return Date.parse(String(after.value)) >= Date.parse(String(before.value))
}

function areOddAffixes(left: Comparison, right: Comparison): boolean {
  if (left.op !== right.op || typeof left.value !== 'string' || typeof right.value !== 'string') return false
  if (left.op === 'startsWith')
    return !left.value.startsWith(right.value) && !right.value.startsWith(left.value)
  return left.op === 'endsWith' && !left.value.endsWith(right.value) && !right.value.endsWith(left.value)
}

const sayingOf = ({ path, op, value }: Comparison): string => `${path} ${op} ${JSON.stringify(value)}`

const NEEDS_ONE = new Set(['in', 'hasAny'])

function emptyIn({ condition, steps }: Part, rule: string): readonly Remark[] {
  const isNoChoice = 'any' in condition && condition.any.length === 0
  const isNoList =
    'path' in condition &&
    NEEDS_ONE.has(condition.op) &&
    Array.isArray(condition.value) &&
    condition.value.length === 0
  if (!isNoChoice && !isNoList) return []
  return [{ level: 'warning', code: 'never-holds', rule, steps, message: 'a choice of nothing never holds' }]
}

function cancelledBy({ id, when, unless }: Rule, at: number): readonly Remark[] {
  if (unless === undefined) return []
  const steps = ['rules', at, 'unless']
  const isAlways = 'all' in unless && unless.all.length === 0
  if (!isAlways && textOf(unless) !== textOf(when)) return []
  const message = isAlways ? 'unless always holds, so the rule never does' : 'unless says the same as when'
  return [{ level: 'error', code: 'cancelled', rule: id, steps, message }]
}

const ORDERING = new Set(['gt', 'gte', 'lt', 'lte'])

/** All arguments together are a map, which nothing orders. Cedar's attributes that no request has come to such a comparison. */
function alwaysErring({ id, when, effect }: Rule, at: number): readonly Remark[] {
  const erring = leavesAmong(conjunctsOf({ condition: when, steps: ['rules', at, 'when'] })).find(
    ({ comparison: { path, op, to } }) => path === 'args' && ORDERING.has(op) && to === undefined,
  )
  if (erring === undefined) return []
  const outcome = effect === 'flag' ? 'flags' : effect === 'allow' ? 'does not allow' : 'denies'
  const message = `this can never be evaluated (a misspelt attribute?): wherever the rest of the rule holds, it ${outcome}`
  return [{ level: 'error', code: 'always-errs', rule: id, steps: erring.steps, message }]
}
