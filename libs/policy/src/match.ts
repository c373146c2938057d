import type { Comparison, Json, Operand, Operator } from '@writ/contracts'
import { globOf } from './glob.ts'
import { isList, readerOf, WORDS } from './path.ts'
import type { Facts } from './path.ts'
import { RuleFault } from './rule-fault.ts'
import type { Truth } from './rule-fault.ts'
import { searchFor } from './search.ts'

/** One condition, ready to be asked. */
export type Test = (facts: Facts) => Truth

/**
 * Compiles one comparison. What it means, for every operator:
 * - No value at the path: the answer is false, but `ne` is true (it is exactly "not eq") and `exists` answers what it is asked.
 * - `null` is a value for `eq`, `ne`, `in`, `exists` and `has*`; there is no text or number in it, so elsewhere it is false.
 * - `eq`, `ne`, `in` compare type and value, without folding case: "5" is not 5.
 * - `gt`, `gte`, `lt`, `lte` compare number with number, or text with text by code unit.
 * - `has`, `hasAny`, `hasAll` look into a list; a single value counts as a list of one.
 * - A value of a shape that the operator cannot judge (a list for `glob`, text for a number) is a fault, hence never a way round a deny.
 * - `contains`, `glob` and `has*` take work by the size of the value, once each; when there is none left, that is a fault.
 * @returns a fault when the path, the operator and the operand do not go together
 */
export function compileComparison({ path, op, value: operand }: Comparison): Test | RuleFault {
  const read = readerOf(path)
  if (read instanceof RuleFault) return read
  const stray = strayWordIn(path, op, operand)
  if (stray !== undefined) return new RuleFault(`${path} is never ${JSON.stringify(stray)}`)
  const matcher = OPERATORS[op](operand)
  if (matcher === null) return new RuleFault(`${op} cannot take the value given for ${path}`)
  const misfit = new RuleFault(`the value of ${path} is of a type that ${op} cannot judge`)
  return (facts) => {
    const value = read(facts)
    if (value === undefined) return matcher.absent
    if (SEARCHING.has(op) && !facts.work.take(workOn(value))) return TOO_MUCH
    return matcher.holds(value) ?? misfit
  }
}

const TOO_MUCH = new RuleFault('there is too much to compare')

const SEARCHING: ReadonlySet<Operator> = new Set<Operator>(['contains', 'glob', 'has', 'hasAny', 'hasAll'])
const COST_OF_ITEM = 8

/** One unit for each character that may be looked at, and what an item of a list costs more. */
function workOn(value: Json): number {
  if (typeof value === 'string') return value.length
  return typeof value === 'object' && value !== null && isList(value) ? value.length * COST_OF_ITEM : 1
}

/** A matcher answers null where it cannot judge the value. */
type Matcher = { readonly absent: boolean; readonly holds: (value: Json) => boolean | null }
type Scalar = string | number | boolean | null

const BY_WORD: ReadonlySet<Operator> = new Set<Operator>(['eq', 'ne', 'in', 'has', 'hasAny', 'hasAll'])

function strayWordIn(path: string, op: Operator, operand: Operand): Scalar | undefined {
  const words = WORDS.get(path)
  if (words === undefined || !BY_WORD.has(op)) return undefined
  return [operand].flat().find((word) => typeof word !== 'string' || !words.includes(word))
}

const OPERATORS: Readonly<Record<Operator, (operand: Operand) => Matcher | null>> = {
  eq: (operand) => ofScalar(operand, (value) => value === operand),
  ne: (operand) => {
    const equal = ofScalar(operand, (value) => value !== operand)
    return equal && { ...equal, absent: true }
  },
  in: (operand) => {
    if (!Array.isArray(operand)) return null
    const wanted = new Set(operand)
    return scalarMatcher((value) => wanted.has(value))
  },
  exists: (operand) => (typeof operand === 'boolean' ? { absent: !operand, holds: () => operand } : null),
  gt: (operand) => inOrder(operand, (order) => order > 0),
  gte: (operand) => inOrder(operand, (order) => order >= 0),
  lt: (operand) => inOrder(operand, (order) => order < 0),
  lte: (operand) => inOrder(operand, (order) => order <= 0),
  startsWith: (operand) => ofText(operand, (text, wanted) => text.startsWith(wanted)),
  endsWith: (operand) => ofText(operand, (text, wanted) => text.endsWith(wanted)),
  contains: (operand) => {
    if (typeof operand !== 'string') return null
    const search = searchFor(operand)
    return ofText(operand, (text) => search(text, 0) >= 0)
  },
  glob: (operand) => {
    if (typeof operand !== 'string') return null
    const fits = globOf(operand)
    return ofText(operand, (text) => fits(text))
  },
  has: (operand) => (Array.isArray(operand) ? null : listMatcher((list) => list.includes(operand))),
  hasAny: (operand) => ofMany(operand, (list, wanted) => list.some((item) => wanted.has(item))),
  hasAll: (operand) => ofMany(operand, holdsAll),
}

function ofScalar(operand: Operand, holds: (value: Scalar) => boolean): Matcher | null {
  return Array.isArray(operand) ? null : scalarMatcher(holds)
}

function scalarMatcher(holds: (value: Scalar) => boolean): Matcher {
  return { absent: false, holds: (value) => (isScalar(value) ? holds(value) : null) }
}

const isScalar = (value: Json): value is Scalar => typeof value !== 'object' || value === null

function inOrder(operand: Operand, fits: (order: number) => boolean): Matcher | null {
  if (typeof operand !== 'number' && typeof operand !== 'string') return null
  const holds = (value: Json): boolean | null => {
    if (value === null) return false
    if (typeof value !== 'string' && typeof value !== 'number') return null
    return typeof value === typeof operand ? fits(orderOf(value, operand)) : null
  }
  return { absent: false, holds }
}

function orderOf(left: string | number, right: string | number): number {
  if (left === right) return 0
  return left < right ? -1 : 1
}

function ofText(operand: Operand, fits: (text: string, wanted: string) => boolean): Matcher | null {
  if (typeof operand !== 'string') return null
  const holds = (value: Json): boolean | null => {
    if (value === null) return false
    return typeof value === 'string' ? fits(value, operand) : null
  }
  return { absent: false, holds }
}

function ofMany(
  operand: Operand,
  fits: (list: readonly Json[], wanted: ReadonlySet<Json>) => boolean,
): Matcher | null {
  if (!Array.isArray(operand)) return null
  const wanted = new Set<Json>(operand)
  return listMatcher((list) => fits(list, wanted))
}

function holdsAll(list: readonly Json[], wanted: ReadonlySet<Json>): boolean {
  const missing = new Set(wanted)
  for (const item of list) missing.delete(item)
  return missing.size === 0
}

function listMatcher(fits: (list: readonly Json[]) => boolean): Matcher {
  const holds = (value: Json): boolean | null => {
    if (isList(value)) return fits(value)
    return isScalar(value) ? fits([value]) : null
  }
  return { absent: false, holds }
}
