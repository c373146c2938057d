import { ofList } from './lists.ts'
import type { Lowering } from './lowering.ts'
import { actionIs, subjectIs } from './membership.ts'
import { totalEquals } from './order.ts'
import { compared, given, isSafe, keyOf, scalarOf } from './term.ts'
import type { Field, Term } from './term.ts'
import { choose, everyOf, FALSE, FAULT, not, strict, truthOf } from './truth.ts'
import type { Truth } from './truth.ts'

/** Cedar's `==`: false across types, and never an error of its own. */
export function equals(left: Term, right: Term, how: Lowering): Truth {
  if (left.is === 'fault' || right.is === 'fault') return FAULT
  if (left.is === 'choice') return how.eachChoice(left, (one) => equals(one, right, how))
  if (right.is === 'choice') return how.eachChoice(right, (one) => equals(left, one, how))
  const [first, second] = RANK[left.is] <= RANK[right.is] ? [left, right] : [right, left]
  return byKind(first, second, how)
}

/** What depends on the request stands before what does not. */
const RANK = {
  field: 0,
  sum: 1,
  truth: 2,
  subject: 3,
  set: 4,
  record: 5,
  text: 6,
  long: 6,
  entity: 6,
  choice: 7,
  fault: 8,
}

function byKind(first: Term, second: Term, how: Lowering): Truth {
  const [one, other] = [keyOf(first), keyOf(second)]
  if (one !== null && other !== null) return truthOf(one === other)
  if (first.is === 'field') return fieldEquals(first, second, how)
  if (first.is === 'subject') return subjectEquals(first, second)
  return first.is === second.is || second.is === 'long'
    ? ofOneKind(first, second, how)
    : unequal(first, second)
}

/** Both of one type, or a sum and a number. */
function ofOneKind(first: Term, second: Term, how: Lowering): Truth {
  if (first.is === 'sum') return totalEquals(first, second, how)
  if (first.is === 'truth' && second.is === 'truth') return same(first.truth, second.truth)
  if (first.is === 'set' && second.is === 'set')
    return how.refuseTruth('sets that depend on the request are compared')
  if (first.is === 'record' && second.is === 'record') return recordEquals(first, second, how)
  return unequal(first, second)
}

/** Of different types, so not equal; but both are evaluated. */
const unequal = (first: Term, second: Term): Truth => given([first, second], FALSE)

const same = (left: Truth, right: Truth): Truth => choose(left, right, not(right))

function fieldEquals(field: Field, other: Term, how: Lowering): Truth {
  if (other.is === 'field') return fieldsEqual(field, other, how)
  if (other.is === 'sum') return how.refuseTruth('arithmetic is compared with a value of the request')
  if (other.is === 'set') return fieldEqualsSet(field, other, how)
  if (other.is === 'record' && OPEN.has(field.type)) return how.refuseTruth(WHOLE_RECORDS)
  if (other.is === 'truth' && field.type === 'free') return flagEquals(field, other.truth)
  const scalar = scalarOf(other)
  if (scalar === undefined || !mayBe(field, other)) return unequal(field, other)
  return compared(field)({ path: field.path, op: 'eq', value: scalar })
}

const WHOLE_RECORDS = 'whole records are compared'

/** What may be a record. */
const OPEN: ReadonlySet<Field['type']> = new Set<Field['type']>(['free', 'tree'])

function flagEquals({ path }: Field, truth: Truth): Truth {
  const is = (value: boolean) => strict({ path, op: 'eq', value })
  return choose(truth, is(true), is(false))
}

/** Whether the field can ever have this value. */
function mayBe({ type, words }: Field, scalar: Term): boolean {
  if (scalar.is === 'long') return isSafe(scalar.value) && (type === 'free' || type === 'long')
  if (scalar.is !== 'text') return type === 'free'
  return type === 'free' || (type === 'text' && (words?.includes(scalar.value) ?? true))
}

const SCALAR: ReadonlySet<Field['type']> = new Set<Field['type']>(['text', 'long'])

function fieldsEqual(left: Field, right: Field, how: Lowering): Truth {
  const types = [left.type, right.type]
  if (left.type !== right.type && !types.includes('free')) return unequal(left, right)
  if (types.includes('tree')) return how.refuseTruth(WHOLE_RECORDS)
  if (!types.some((type) => SCALAR.has(type)))
    return how.refuseTruth('two values that may be sets or records are compared')
  const compare = compared(left) === strict ? strict : compared(right)
  return compare({ path: left.path, op: 'eq', to: right.path })
}

function fieldEqualsSet(field: Field, set: Term & { is: 'set' }, how: Lowering): Truth {
  if (field.type === 'free') return how.refuseTruth('a value that may be a set is compared with a set')
  const texts = set.items.map(scalarOf)
  if (field.type !== 'texts') return unequal(field, set)
  if (set.items.some((item) => keyOf(item) === null))
    return how.refuseTruth('a set that depends on the request is compared')
  if (set.items.some((item) => item.is !== 'text')) return FALSE
  const value = texts.filter((text) => typeof text === 'string')
  return everyOf([ofList(field, 'hasAll', value, how), ofList(field, 'subsetOf', value, how)])
}

function subjectEquals(first: Term & { is: 'subject' }, second: Term): Truth {
  if (second.is === 'subject') return truthOf(first.subject === second.subject)
  if (second.is !== 'entity') return unequal(first, second)
  return first.subject === 'action' ? actionIs(second) : subjectIs(first.subject, second)
}

type RecordTerm = Term & { is: 'record' }

function recordEquals(left: RecordTerm, right: RecordTerm, how: Lowering): Truth {
  if (left.given || right.given) return how.refuseTruth('a whole part of the request is compared')
  const names = [...left.members.keys()]
  if (names.length !== right.members.size || !names.every((name) => right.members.has(name)))
    return unequal(left, right)
  const pairs = names.map((name) => equals(left.members.get(name)!, right.members.get(name)!, how))
  return given([left, right], everyOf(pairs))
}
