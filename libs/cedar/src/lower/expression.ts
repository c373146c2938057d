import { CONTEXT } from '../view/attributes.ts'
import { attributeOf, has } from './attributes.ts'
import { equals } from './equality.ts'
import { formOf } from './form.ts'
import type { Expression, Lowering } from './lowering.ts'
import { isIn, isOfType } from './membership.ts'
import { calculated, negated, ordered } from './order.ts'
import { like } from './pattern.ts'
import type { Piece } from './pattern.ts'
import { contains, containsMany, isEmpty } from './sets.ts'
import { asTerm, BROKEN, truthOfTerm } from './term.ts'
import type { Term } from './term.ts'
import { and, choose, FALSE, FAULT, not, or, TRUE, truthOf } from './truth.ts'
import type { Truth } from './truth.ts'

/** What an expression of Cedar's JSON form stands for. Whatever has no exact form is refused there. */
export function lower(expression: Expression, how: Lowering): Term {
  const operator = Object.keys(expression)[0] ?? ''
  const operand = formOf<Operand>(expression[operator])
  const make = Object.hasOwn(FORMS, operator) ? FORMS[operator] : undefined
  if (make !== undefined) return make(operand, how, () => how.at(expression))
  how.at(expression)
  return how.refuse(`${operator} has no exact form here`)
}

/** The truth of an expression that stands as a condition. */
export const lowerTruth = (expression: Expression, how: Lowering): Truth =>
  truthOfTerm(lower(expression, how))

/** The members of Cedar's JSON forms; each form has some of them. */
type Operand = {
  readonly left: Expression
  readonly right: Expression
  readonly arg: Expression
  readonly attr: string | readonly string[]
  readonly pattern: readonly Piece[]
  readonly entity_type: string
  readonly in?: Expression
  readonly if: Expression
  readonly then: Expression
  readonly else: Expression
}
type Form = (operand: Operand, how: Lowering, here: () => void) => Term

/** A form of two operands; refusals stand at the operator and not in the operands. */
const ofTwo =
  (make: (left: Term, right: Term, how: Lowering) => Truth | Term): Form =>
  ({ left, right }, how, here) => {
    const [first, second] = [lower(left, how), lower(right, how)]
    here()
    return termOf(make(first, second, how))
  }

const ofOne =
  (make: (arg: Term, how: Lowering) => Truth | Term): Form =>
  ({ arg }, how, here) => {
    const term = lower(arg, how)
    here()
    return termOf(make(term, how))
  }

const termOf = (made: Truth | Term): Term => ('is' in made ? made : asTerm(made))

const FORMS: Readonly<Record<string, Form>> = {
  Value: (value, how, here) => (here(), constant(value, how)),
  Var: (name, how, here) => (here(), variable(formOf<string>(name), how)),
  Set: (items, how) => ({
    is: 'set',
    items: formOf<Expression[]>(items).map((item) => lower(item, how)),
  }),
  Record: (members, how) => recordOf(formOf<Record<string, Expression>>(members), how),
  '!': ofOne((arg) => not(truthOfTerm(arg))),
  neg: ofOne(negated),
  '&&': ofTwo((left, right) => and(truthOfTerm(left), truthOfTerm(right))),
  '||': ofTwo((left, right) => or(truthOfTerm(left), truthOfTerm(right))),
  '==': ofTwo(equals),
  '!=': ofTwo((left, right, how) => not(equals(left, right, how))),
  '<': ofTwo((left, right, how) => ordered('<', left, right, how)),
  '<=': ofTwo((left, right, how) => ordered('<=', left, right, how)),
  '>': ofTwo((left, right, how) => ordered('>', left, right, how)),
  '>=': ofTwo((left, right, how) => ordered('>=', left, right, how)),
  '+': ofTwo((left, right, how) => calculated('+', left, right, how)),
  '-': ofTwo((left, right, how) => calculated('-', left, right, how)),
  '*': ofTwo((left, right, how) => calculated('*', left, right, how)),
  in: ofTwo(isIn),
  contains: ofTwo(contains),
  containsAll: ofTwo((left, right, how) => containsMany('all', left, right, how)),
  containsAny: ofTwo((left, right, how) => containsMany('any', left, right, how)),
  isEmpty: ofOne(isEmpty),
  '.': ({ left, attr }, how, here) => {
    const term = lower(left, how)
    here()
    return attributeOf(term, String(attr), how)
  },
  has: ({ left, attr }, how, here) => {
    const term = lower(left, how)
    here()
    return asTerm(has(term, [attr].flat(), how))
  },
  like: ({ left, pattern }, how, here) => {
    const term = lower(left, how)
    here()
    return asTerm(like(term, pattern, how))
  },
  is: ({ left, entity_type: type, in: within }, how, here) => {
    const term = lower(left, how)
    const place = within === undefined ? null : lower(within, how)
    here()
    const isType = isOfType(term, type, how)
    return asTerm(place === null ? isType : and(isType, isIn(term, place, how)))
  },
  'if-then-else': (parts, how) => {
    const test = lowerTruth(parts.if, how)
    const [yes, no] = [lower(parts.then, how), lower(parts.else, how)]
    return chosen(test, yes, no)
  },
}

/** The branches of an `if` that is decided by the policy itself are not evaluated, but what is refused in them stays refused. */
function chosen(test: Truth, yes: Term, no: Term): Term {
  if (test === TRUE) return yes
  if (test === FALSE) return no
  if (test === FAULT) return BROKEN
  if (yes.is === 'truth' && no.is === 'truth') return asTerm(choose(test, yes.truth, no.truth))
  return { is: 'choice', test, yes, no }
}

function recordOf(members: Readonly<Record<string, Expression>>, how: Lowering): Term {
  const lowered = Object.entries(members).map(([name, member]) => [name, lower(member, how)] as const)
  return { is: 'record', members: new Map(lowered), given: false }
}

function variable(name: string, how: Lowering): Term {
  if (name === 'context') return CONTEXT
  if (name === 'principal' || name === 'action' || name === 'resource')
    return { is: 'subject', subject: name }
  return how.refuse(`there is no variable ${name}`)
}

function constant(value: unknown, how: Lowering): Term {
  if (typeof value === 'string') return { is: 'text', value }
  if (typeof value === 'boolean') return asTerm(truthOf(value))
  if (typeof value === 'number') return longOf(value, how)
  if (typeof value === 'object' && value !== null && '__entity' in value) {
    const { type, id } = formOf<{ type: string; id: string }>(value.__entity)
    return { is: 'entity', type, id }
  }
  return how.refuse('this value has no exact form here')
}

/** The parser's own numbers are exact only so far. */
function longOf(value: number, how: Lowering): Term {
  if (Number.isSafeInteger(value)) return { is: 'long', value: BigInt(value) }
  return how.refuse(`a number has at most 53 bits: ${Number.MAX_SAFE_INTEGER}`)
}
