import type { Json, Operator } from '@writ/contracts'
import { addressOf, isWithin, ODD_ADDRESS, rangeOf } from './address.ts'
import { globOf } from './glob.ts'
import { instantOf } from './instant.ts'
import { isList } from './path.ts'
import { searchFor } from './search.ts'

/** Says whether a value is what is wanted; null where it cannot judge the value. */
export type Matcher = (value: Json) => boolean | null
type Scalar = string | number | boolean | null

/**
 * What each operator means for a value that is there:
 * - `null` is a value for `eq`, `in`, `exists` and the operators on lists; there is no text, number or instant in it, so elsewhere it is false.
 * - `eq`, `in` compare type and value, without folding case: "5" is not 5. A list or an object is equal to nothing that can be said.
 * - `gt`, `gte`, `lt`, `lte` compare number with number, or text with text by code unit.
 * - `has`, `hasAny`, `hasAll`, `subsetOf` look into a list; a single value counts as a list of one.
 * - `before`, `after` compare RFC 3339 instants; `cidr` asks whether an address is in a range, or in any of a list of ranges.
 * - A value of a shape that the operator cannot judge (a list for `glob`, text for a number) is a fault, hence never a way round a deny.
 * `matches` is not here: it needs the patterns of its policy.
 * @returns null when the operator cannot take what it is given to compare with
 */
export function matcherOf(op: PlainOperator, operand: Json): Matcher | null {
  return MATCHERS[op](operand)
}

export type PlainOperator = Exclude<Operator, 'ne' | 'exists' | 'matches'>

const MATCHERS: Readonly<Record<PlainOperator, (operand: Json) => Matcher | null>> = {
  eq: equalTo,
  in: oneOf,
  gt: (operand) => inOrder(operand, (value, wanted) => value > wanted),
  gte: (operand) => inOrder(operand, (value, wanted) => value >= wanted),
  lt: (operand) => inOrder(operand, (value, wanted) => value < wanted),
  lte: (operand) => inOrder(operand, (value, wanted) => value <= wanted),
  startsWith: (operand) => ofText(operand, (text, wanted) => text.startsWith(wanted)),
  endsWith: (operand) => ofText(operand, (text, wanted) => text.endsWith(wanted)),
  contains: (operand) => ofSearched(operand, containing),
  glob: (operand) => ofSearched(operand, globOf),
  has: (operand) => (isScalar(operand) ? (value) => listOf(value)?.includes(operand) ?? null : null),
  hasAny: (operand) => ofList(operand, holdsAny),
  hasAll: (operand) => ofList(operand, holdsAll),
  subsetOf: (operand) => ofList(operand, (list, wanted) => list.every((item) => wanted.has(item))),
  cidr: ofRanges,
  before: (operand) => inTime(operand, (order) => order < 0),
  after: (operand) => inTime(operand, (order) => order > 0),
}

export const isScalar = (value: Json): value is Scalar => typeof value !== 'object' || value === null

function equalTo(operand: Json): Matcher | null {
  if (!isScalar(operand)) return null
  return (value) => (isScalar(value) ? value === operand : null)
}

function oneOf(operand: Json): Matcher | null {
  const wanted = wantedOf(operand)
  return wanted && ((value) => (isScalar(value) ? wanted.has(value) : null))
}

const wantedOf = (operand: Json): ReadonlySet<Json> | null =>
  isList(operand) && operand.every(isScalar) ? new Set<Json>(operand) : null

type OfList = (list: readonly Json[], wanted: ReadonlySet<Json>) => boolean

function ofList(operand: Json, fits: OfList): Matcher | null {
  const wanted = wantedOf(operand)
  if (wanted === null) return null
  return (value) => {
    const list = listOf(value)
    return list === null ? null : fits(list, wanted)
  }
}

/** A single value is a list of one; an object is none. */
function listOf(value: Json): readonly Json[] | null {
  if (isList(value)) return value
  return isScalar(value) ? [value] : null
}

function holdsAny(list: readonly Json[], wanted: ReadonlySet<Json>): boolean {
  for (const item of list) if (wanted.has(item)) return true
  return false
}

function holdsAll(list: readonly Json[], wanted: ReadonlySet<Json>): boolean {
  const held = list.length > SHORT_LIST ? new Set(list) : null
  for (const one of wanted) if (!(held?.has(one) ?? list.includes(one))) return false
  return true
}

/** Up to here looking through a list takes less than making a set of it. */
const SHORT_LIST = 16

type InOrder = (value: string | number, wanted: string | number) => boolean

function inOrder(operand: Json, fits: InOrder): Matcher | null {
  if (typeof operand !== 'number' && typeof operand !== 'string') return null
  return (value) => {
    if (value === null) return false
    if (typeof value !== 'string' && typeof value !== 'number') return null
    return typeof value === typeof operand ? fits(value, operand) : null
  }
}

function ofText(operand: Json, fits: (text: string, wanted: string) => boolean): Matcher | null {
  if (typeof operand !== 'string') return null
  return (value) => {
    if (typeof value === 'string') return fits(value, operand)
    return value === null ? false : null
  }
}

/** For what is prepared once for the text that is looked for. */
function ofSearched(operand: Json, testOf: (wanted: string) => (text: string) => boolean): Matcher | null {
  if (typeof operand !== 'string') return null
  const fits = testOf(operand)
  return (value) => {
    if (typeof value === 'string') return fits(value)
    return value === null ? false : null
  }
}

function containing(wanted: string): (text: string) => boolean {
  const search = searchFor(wanted)
  return (text) => search(text, 0) >= 0
}

function ofRanges(operand: Json): Matcher | null {
  const texts = isList(operand) ? operand : [operand]
  const ranges = texts.flatMap((text) => (typeof text === 'string' ? (rangeOf(text) ?? []) : []))
  if (ranges.length !== texts.length) return null
  return (value) => {
    if (typeof value !== 'string') return value === null ? false : null
    const address = addressOf(value)
    if (address === null) return false
    return address === ODD_ADDRESS ? null : ranges.some((range) => isWithin(address, range))
  }
}

function inTime(operand: Json, fits: (order: number) => boolean): Matcher | null {
  const wanted = typeof operand === 'string' ? instantOf(operand) : null
  if (wanted === null) return null
  return (value) => {
    if (typeof value !== 'string') return value === null ? false : null
    const instant = instantOf(value)
    return instant === null ? null : fits(instant - wanted)
  }
}
