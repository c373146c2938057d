import type { Comparison, Condition, Rule } from '@writ/contracts'
import type { Steps } from '../positions.ts'

/** A part of a condition, with the place where it stands. */
export type Part = { readonly condition: Condition; readonly steps: Steps }
export type Leaf = { readonly comparison: Comparison; readonly steps: Steps }

/** The parts of which every one has to hold: nested `all`s are one. */
export function conjunctsOf({ condition, steps }: Part): readonly Part[] {
  if (!('all' in condition)) return [{ condition, steps }]
  return condition.all.flatMap((part, at) => conjunctsOf({ condition: part, steps: [...steps, 'all', at] }))
}

/** Every part of a condition, itself included. */
export function partsOf({ condition, steps }: Part): readonly Part[] {
  const own = { condition, steps }
  if ('all' in condition) return [own, ...partsOfEach(condition.all, [...steps, 'all'])]
  if ('any' in condition) return [own, ...partsOfEach(condition.any, [...steps, 'any'])]
  if ('not' in condition) return [own, ...partsOf({ condition: condition.not, steps: [...steps, 'not'] })]
  return [own]
}

const partsOfEach = (conditions: readonly Condition[], steps: Steps): readonly Part[] =>
  conditions.flatMap((condition, at) => partsOf({ condition, steps: [...steps, at] }))

export const isComparison = (condition: Condition): condition is Comparison => 'path' in condition

export const leavesAmong = (parts: readonly Part[]): readonly Leaf[] =>
  parts.flatMap(({ condition, steps }) => (isComparison(condition) ? [{ comparison: condition, steps }] : []))

/** `when` and `unless` of a rule, with their places. */
export function conditionsOf(rule: Rule, at: number): readonly Part[] {
  const when = { condition: rule.when, steps: ['rules', at, 'when'] }
  return rule.unless === undefined
    ? [when]
    : [when, { condition: rule.unless, steps: ['rules', at, 'unless'] }]
}

/** Equal texts mean equal conditions, in whatever order their members were written. */
export const textOf = (condition: Condition): string => JSON.stringify(condition, sorted)

const sorted = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)))
    : value
