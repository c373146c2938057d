import type { Operator } from '@writ/contracts'
import type { Lowering } from './lowering.ts'
import { BROKEN, compared, given, isLong, isSafe } from './term.ts'
import type { Field, Sum, Term } from './term.ts'
import { and, FALSE, FAULT, not, sure, truthOf } from './truth.ts'
import type { Truth } from './truth.ts'

export type OrderSign = '<' | '<=' | '>' | '>='

const OPERATOR: Readonly<Record<OrderSign, Operator>> = { '<': 'lt', '<=': 'lte', '>': 'gt', '>=': 'gte' }
const TURNED: Readonly<Record<OrderSign, OrderSign>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' }

/** Cedar's `<` and its kin: of two Longs, an error otherwise. */
export function ordered(sign: OrderSign, left: Term, right: Term, how: Lowering): Truth {
  if (left.is === 'choice') return how.eachChoice(left, (one) => ordered(sign, one, right, how))
  if (right.is === 'choice') return how.eachChoice(right, (one) => ordered(sign, left, one, how))
  if (!isNumber(left) || !isNumber(right)) return FAULT
  if (left.is === 'long' && right.is === 'long') return truthOf(inOrder(sign, left.value, right.value))
  if (left.is === 'long') return ordered(TURNED[sign], right, left, how)
  if (right.is === 'long')
    return left.is === 'field' ? fieldToLong(sign, left, right.value) : sumToLong(sign, left, right.value)
  return twoPaths(sign, asSum(left), asSum(right), how)
}

/** Cedar's `+`, `-`, `*` and unary `-`: an error beyond 64 bits, which is why every result that a request can make is bounded here. */
export function calculated(sign: '+' | '-' | '*', left: Term, right: Term, how: Lowering): Term {
  if (left.is === 'choice') return how.eachValue(left, (one) => calculated(sign, one, right, how))
  if (right.is === 'choice') return how.eachValue(right, (one) => calculated(sign, left, one, how))
  if (!isNumber(left) || !isNumber(right)) return BROKEN
  if (left.is !== 'long') return withRight(sign, asSum(left), right, how)
  if (right.is !== 'long') return bounded(withLeft(sign, left.value, asSum(right)), how)
  return longOf(ARITHMETIC[sign](left.value, right.value))
}

function withRight(sign: '+' | '-' | '*', left: Sum, right: NumberTerm, how: Lowering): Term {
  if (right.is !== 'long') return how.refuse('two values of the request are added, subtracted or multiplied')
  if (sign === '*')
    return bounded({ ...left, times: left.times * right.value, plus: left.plus * right.value }, how)
  return bounded({ ...left, plus: ARITHMETIC[sign](left.plus, right.value) }, how)
}

function withLeft(sign: '+' | '-' | '*', left: bigint, right: Sum): Sum {
  if (sign === '*') return { ...right, times: left * right.times, plus: left * right.plus }
  const times = sign === '+' ? right.times : -right.times
  return { ...right, times, plus: ARITHMETIC[sign](left, right.plus) }
}

const ARITHMETIC = {
  '+': (left: bigint, right: bigint) => left + right,
  '-': (left: bigint, right: bigint) => left - right,
  '*': (left: bigint, right: bigint) => left * right,
}

export const negated = (term: Term, how: Lowering): Term =>
  term.is === 'long' ? longOf(-term.value) : calculated('*', term, { is: 'long', value: -1n }, how)

type NumberTerm = Field | Sum | { readonly is: 'long'; readonly value: bigint }

const isNumber = (term: Term): term is NumberTerm =>
  term.is === 'long' ||
  term.is === 'sum' ||
  (term.is === 'field' && (term.type === 'long' || term.type === 'free'))

const asSum = (term: Field | Sum): Sum =>
  term.is === 'sum' ? term : { is: 'sum', field: term, times: 1n, plus: 0n }

const MOST = 2n ** 63n - 1n
const fits = (value: bigint): boolean => value <= MOST && value >= -MOST - 1n
const longOf = (value: bigint): Term => (fits(value) ? { is: 'long', value } : BROKEN)

const bounded = (sum: Sum, how: Lowering): Term =>
  staysLong(sum) ? sum : how.refuse('the arithmetic may exceed 64 bits')

const MOST_SAFE = BigInt(Number.MAX_SAFE_INTEGER)

function staysLong({ times, plus }: Sum): boolean {
  const reach = (times < 0n ? -times : times) * MOST_SAFE
  return fits(plus + reach) && fits(plus - reach)
}

function fieldToLong(sign: OrderSign, field: Field, value: bigint): Truth {
  if (isSafe(value)) return compared(field)({ path: field.path, op: OPERATOR[sign], value: Number(value) })
  return and(isLong(field), truthOf(inOrder(sign, 0n, value)))
}

const inOrder = (sign: OrderSign, left: bigint, right: bigint): boolean =>
  ({ '<': left < right, '<=': left <= right, '>': left > right, '>=': left >= right })[sign]

/** `times × value + plus` against a number, solved for the value. */
function sumToLong(sign: OrderSign, { field, times, plus }: Sum, value: bigint): Truth {
  if (sign === '<' || sign === '>=') {
    const atMost = sumToLong('<=', { is: 'sum', field, times, plus }, value - 1n)
    return sign === '<' ? atMost : not(atMost)
  }
  if (sign === '>') return not(sumToLong('<=', { is: 'sum', field, times, plus }, value))
  const rest = value - plus
  if (times === 0n) return and(isLong(field), truthOf(0n <= rest))
  const bound = floorOf(rest, times > 0n ? times : -times)
  return times > 0n ? fieldToLong('<=', field, bound) : fieldToLong('>=', field, -bound)
}

function floorOf(value: bigint, by: bigint): bigint {
  const quotient = value / by
  return value % by < 0n ? quotient - 1n : quotient
}

/** Two values of the request: exact only where both are taken the same number of times. */
function twoPaths(sign: OrderSign, left: Sum, right: Sum, how: Lowering): Truth {
  const longs = and(isLong(left.field), isLong(right.field))
  if (left.field.path === right.field.path) {
    const times = left.times - right.times
    return and(
      longs,
      sumToLong(sign, { is: 'sum', field: left.field, times, plus: left.plus - right.plus }, 0n),
    )
  }
  if (left.times !== right.times || left.plus !== right.plus || left.times === 0n)
    return how.refuseTruth('arithmetic over two values of the request is compared')
  const op = OPERATOR[left.times > 0n ? sign : TURNED[sign]]
  return and(longs, sure({ path: left.field.path, op, to: right.field.path }))
}

/** A sum against a number or another sum. */
export function totalEquals(left: Sum, right: Term, how: Lowering): Truth {
  if (right.is === 'sum') return and(ordered('<=', left, right, how), ordered('>=', left, right, how))
  if (right.is !== 'long') return given([left, right], FALSE)
  const rest = right.value - left.plus
  const long = isLong(left.field)
  if (left.times === 0n) return and(long, truthOf(rest === 0n))
  const value = rest / left.times
  if (rest % left.times !== 0n || !isSafe(value)) return and(long, FALSE)
  return and(long, compared(left.field)({ path: left.field.path, op: 'eq', value: Number(value) }))
}
