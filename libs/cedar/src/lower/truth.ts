import type { Comparison, Condition } from '@writ/contracts'

/**
 * A condition on its way from Cedar: true, false, or at fault where Cedar would err. Our `all` and `any` are Kleene's, whose order never
 * matters; Cedar's `&&` and `||` stop at an error on the left. The functions here say the latter with the former, exactly.
 */
export type Truth = { readonly condition: Condition; readonly canErr: boolean; readonly size: number }

export const TRUE: Truth = { condition: { all: [] }, canErr: false, size: 0 }
export const FALSE: Truth = { condition: { any: [] }, canErr: false, size: 0 }
/** The arguments are a record always, and no order stands between a record and a number: this is at fault whatever is asked. */
export const FAULT: Truth = {
  condition: { path: 'args', op: 'gt', value: 0, required: true },
  canErr: true,
  size: 1,
}

export const truthOf = (fact: boolean): Truth => (fact ? TRUE : FALSE)

/** A comparison of what is always there. */
export const sure = (condition: Comparison): Truth => ({ condition, canErr: false, size: 1 })

/** A comparison of what may be missing, or of another type. */
export const strict = (condition: Comparison): Truth => ({
  condition: { ...condition, required: true },
  canErr: true,
  size: 1,
})

export function not(part: Truth): Truth {
  if (part === FAULT) return FAULT
  if (part === TRUE) return FALSE
  if (part === FALSE) return TRUE
  const { condition } = part
  return { ...part, condition: 'not' in condition ? condition.not : { not: condition } }
}

/** Cedar's `left && right`: an error on the left stays an error, whatever is on the right. */
export function and(left: Truth, right: Truth): Truth {
  if (left === TRUE || left === FALSE || left === FAULT) return left === TRUE ? right : left
  if (right === TRUE) return left
  if (!left.canErr) return right === FALSE ? FALSE : all(left, right)
  return any(all(left, right), faultOf(left))
}

/** Cedar's `left || right`. */
export const or = (left: Truth, right: Truth): Truth => not(and(not(left), not(right)))

/** Cedar's `if test then yes else no`. */
export function choose(test: Truth, yes: Truth, no: Truth): Truth {
  if (test === FAULT) return FAULT
  if (test === TRUE) return yes
  if (test === FALSE) return no
  if (yes === TRUE && no === FALSE) return test
  if (yes === FALSE && no === TRUE) return not(test)
  const either = any(all(test, yes), all(not(test), no))
  return test.canErr ? any(either, faultOf(test)) : either
}

/** True, unless the part is at fault. */
export const fine = (part: Truth): Truth => (part.canErr ? any(part, not(part)) : TRUE)

/** True where the part is, at fault elsewhere. */
export const orFault = (part: Truth): Truth =>
  part === TRUE ? TRUE : part === FALSE ? FAULT : any(part, FAULT)

export const everyOf = (parts: readonly Truth[]): Truth =>
  parts.reduceRight((rest, part) => and(part, rest), TRUE)
export const someOf = (parts: readonly Truth[]): Truth =>
  parts.reduceRight((rest, part) => or(part, rest), FALSE)

/** At fault where the part is, false elsewhere. */
const faultOf = (part: Truth): Truth => (part === FAULT ? FAULT : all(part, not(part)))

const MAX_PARTS = 64

function all(left: Truth, right: Truth): Truth {
  if (right === FALSE || left === FALSE) return FALSE
  if (left === TRUE || right === TRUE) return left === TRUE ? right : left
  const parts = [left, right].flatMap(({ condition }) => ('all' in condition ? condition.all : [condition]))
  return joined(left, right, {
    all: parts.length <= MAX_PARTS ? parts : [left.condition, right.condition],
  })
}

function any(left: Truth, right: Truth): Truth {
  if (left === FALSE || right === FALSE) return left === FALSE ? right : left
  const parts = [left, right].flatMap(({ condition }) => ('any' in condition ? condition.any : [condition]))
  return joined(left, right, {
    any: parts.length <= MAX_PARTS ? parts : [left.condition, right.condition],
  })
}

const joined = (left: Truth, right: Truth, condition: Condition): Truth => ({
  condition,
  canErr: left.canErr || right.canErr,
  size: left.size + right.size,
})
