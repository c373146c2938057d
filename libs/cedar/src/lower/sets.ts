import { equals } from './equality.ts'
import { ofList } from './lists.ts'
import type { Scalar } from './lists.ts'
import type { Lowering } from './lowering.ts'
import { compared, given, keyOf, scalarOf } from './term.ts'
import type { Field, Term } from './term.ts'
import { everyOf, FALSE, FAULT, someOf, sure, truthOf } from './truth.ts'
import type { Truth } from './truth.ts'

/** Cedar's `set.contains(item)`. */
export function contains(set: Term, item: Term, how: Lowering): Truth {
  if (set.is === 'choice') return how.eachChoice(set, (one) => contains(one, item, how))
  if (item.is === 'choice') return how.eachChoice(item, (one) => contains(set, one, how))
  if (item.is === 'fault') return FAULT
  if (set.is === 'field') return fieldContains(set, item, how)
  return set.is === 'set' ? setContains(set.items, item, how) : FAULT
}

function fieldContains(set: Field, item: Term, how: Lowering): Truth {
  if (!mayBeSet(set)) return FAULT
  const scalar = scalarOf(item)
  if (scalar !== undefined && (set.type === 'free' || item.is === 'text'))
    return ofList(set, 'has', scalar, how)
  return set.type === 'texts' ? textsContain(set, item, how) : how.refuseTruth(NO_SCALAR)
}

const NO_SCALAR = 'a set of the request is asked for something else than a text, a number or a boolean'

/** @param item no constant text */
function textsContain({ path }: Field, item: Term, how: Lowering): Truth {
  if (item.is === 'field' && item.type === 'text' && !item.optional)
    return sure({ path, op: 'has', to: item.path })
  return keyOf(item) === null ? how.refuseTruth(NO_SCALAR) : FALSE
}

function setContains(items: readonly Term[], item: Term, how: Lowering): Truth {
  const scalars = scalarsOf(items)
  if (item.is !== 'field' || scalars === null) {
    const found = items.map((one) => equals(one, item, how))
    return given([...items, item], someOf(found))
  }
  const possible = item.type === 'free' ? scalars : scalars.filter((one) => isWordOf(item, one))
  if (item.type !== 'free' && possible.length === 0) return given([item], FALSE)
  return compared(item)({ path: item.path, op: 'in', value: possible })
}

function isWordOf({ type, words }: Field, value: Scalar): boolean {
  if (typeof value === 'number') return type === 'long'
  return type === 'text' && typeof value === 'string' && (words?.includes(value) ?? true)
}

/** Null where an item is no constant scalar. */
function scalarsOf(items: readonly Term[]): Scalar[] | null {
  const scalars = items.map(scalarOf)
  return scalars.includes(undefined) ? null : scalars.filter((one) => one !== undefined)
}

const mayBeSet = ({ type }: Field): boolean => type === 'texts' || type === 'free'

/** Cedar's `left.containsAll(right)` and `left.containsAny(right)`. */
export function containsMany(which: 'all' | 'any', left: Term, right: Term, how: Lowering): Truth {
  if (left.is === 'choice') return how.eachChoice(left, (one) => containsMany(which, one, right, how))
  if (right.is === 'choice') return how.eachChoice(right, (one) => containsMany(which, left, one, how))
  if (left.is === 'field') return fieldContainsMany(which, left, right, how)
  if (left.is !== 'set') return FAULT
  if (right.is === 'field') return fieldWithSet(which === 'all' ? 'subsetOf' : 'hasAny', right, left, how)
  if (right.is !== 'set') return FAULT
  const found = right.items.map((item) => contains(left, item, how))
  return given([left, right], which === 'all' ? everyOf(found) : someOf(found))
}

function fieldContainsMany(which: 'all' | 'any', left: Field, right: Term, how: Lowering): Truth {
  if (right.is === 'field') return twoFields(which, left, right, how)
  return right.is === 'set' ? fieldWithSet(which === 'all' ? 'hasAll' : 'hasAny', left, right, how) : FAULT
}

type SetTerm = Term & { readonly is: 'set' }

function fieldWithSet(
  op: 'hasAll' | 'hasAny' | 'subsetOf',
  field: Field,
  set: SetTerm,
  how: Lowering,
): Truth {
  if (!mayBeSet(field)) return FAULT
  const scalars = scalarsOf(set.items)
  const isTexts = field.type === 'texts'
  if (scalars === null && !(isTexts && keyOf(set) !== null))
    return how.refuseTruth(
      'a set of the request is compared with a set that is not made of texts, numbers and booleans',
    )
  if (!isTexts) return ofList(field, op, scalars ?? [], how)
  const texts = set.items.map(scalarOf).filter((one) => typeof one === 'string')
  if (op === 'hasAll' && texts.length < set.items.length) return FALSE
  return ofList(field, op, texts, how)
}

function twoFields(which: 'all' | 'any', left: Field, right: Field, how: Lowering): Truth {
  if (!mayBeSet(left) || !mayBeSet(right)) return FAULT
  if (left.type !== 'texts' || right.type !== 'texts')
    return how.refuseTruth('two sets are compared, and what is in them is not known to be texts')
  return sure({ path: left.path, op: which === 'all' ? 'hasAll' : 'hasAny', to: right.path })
}

/** Cedar's `set.isEmpty()`. */
export function isEmpty(set: Term, how: Lowering): Truth {
  if (set.is === 'choice') return how.eachChoice(set, (one) => isEmpty(one, how))
  if (set.is === 'set') return given([set], truthOf(set.items.length === 0))
  if (set.is !== 'field' || !mayBeSet(set)) return FAULT
  return compared(set)({ path: set.path, op: 'subsetOf', value: [] })
}
