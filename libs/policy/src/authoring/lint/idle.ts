import type { Condition, PolicyDocument, Rule } from '@writ/contracts'
import { globOf } from '../../glob.ts'
import { conditionsOf, conjunctsOf, leavesAmong, partsOf, textOf } from './conjuncts.ts'
import type { Remark } from './finding.ts'

/** What stands in a document and does nothing, or does it twice. */
export function idleIn(document: PolicyDocument): readonly Remark[] {
  return [
    ...document.rules.flatMap((rule, at) => duplicate(document.rules, rule, at)),
    ...document.rules.flatMap((rule, at) => shadowedFlag(document.rules, rule, at)),
    ...unusedPatterns(document),
    ...untested(document),
  ]
}

function duplicate(rules: readonly Rule[], { id }: Rule, at: number): readonly Remark[] {
  const first = rules.findIndex((other) => other.id === id)
  if (first === at) return []
  const message = `rule ${first + 1} has the id ${id} too: records and overrides could not tell them apart`
  return [{ level: 'error', code: 'duplicate-rule', rule: id, steps: ['rules', at, 'id'], message }]
}

/** A flag that says nothing new: wherever it matches, a stricter rule does and is reported itself. */
function shadowedFlag(rules: readonly Rule[], flag: Rule, at: number): readonly Remark[] {
  if (flag.effect !== 'flag' || flag.labels !== undefined) return []
  const stricter = rules.find((rule) => STRICTER.has(rule.effect) && covers(rule, flag))
  if (stricter === undefined) return []
  const message = `whatever it flags, ${stricter.id} (${stricter.effect}) matches and reports as well`
  return [{ level: 'warning', code: 'shadowed-flag', rule: flag.id, steps: ['rules', at], message }]
}

const STRICTER: ReadonlySet<Rule['effect']> = new Set<Rule['effect']>(['abort', 'deny', 'ask'])

/** Every condition of `wide` is one of `narrow`, and it is asked wherever `narrow` is. */
function covers(wide: Rule, narrow: Rule): boolean {
  if (wide.unless !== undefined) return false
  const said = new Set(conjunctTexts(narrow.when))
  const isAskedToo =
    narrow.on.every((direction) => wide.on.includes(direction)) &&
    (wide.channels === undefined || (narrow.channels?.every((one) => wide.channels?.includes(one)) ?? false))
  return isAskedToo && conjunctTexts(wide.when).every((text) => said.has(text))
}

const conjunctTexts = (when: Condition): readonly string[] =>
  conjunctsOf({ condition: when, steps: [] }).map(({ condition }) => textOf(condition))

function unusedPatterns({ patterns, rules }: PolicyDocument): readonly Remark[] {
  const names = Object.keys(patterns ?? {})
  const isUsed = (name: string): boolean => rules.some((rule, at) => usesPattern(rule, at, name))
  return names
    .filter((name) => !isUsed(name))
    .map((name) => ({
      level: 'warning',
      code: 'unused-pattern',
      rule: null,
      steps: ['patterns', name],
      message: `no rule asks for the pattern ${name}`,
    }))
}

function usesPattern(rule: Rule, at: number, name: string): boolean {
  const signal = `pattern.${name}`
  if (Object.keys(rule.modify ?? {}).some((wanted) => globOf(wanted)(signal))) return true
  return leavesAmong(conditionsOf(rule, at).flatMap(partsOf)).some(({ comparison: { op, value } }) => {
    if (op === 'matches') return value === name
    const operands = Array.isArray(value) ? value : [value]
    return operands.some((operand) => operand === signal || operand === 'pattern.*')
  })
}

function untested({ tests }: PolicyDocument): readonly Remark[] {
  if (tests !== undefined && tests.length > 0) return []
  const message = 'the policy has no tests: nothing is checked when it is published'
  return [{ level: 'note', code: 'untested', rule: null, steps: [], message }]
}
