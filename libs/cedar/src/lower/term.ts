import { and, choose, everyOf, FALSE, FAULT, fine, orFault, strict, sure, TRUE } from './truth.ts'
import type { Truth } from './truth.ts'

/** The entities of a request; see `view/` for what stands behind them. */
export type Subject = 'principal' | 'human' | 'resource' | 'action'

/** A value of the question. `free`: whatever the agent sent. `tree`: a record with free members. `texts`: a set of strings. */
export type Field = {
  readonly is: 'field'
  readonly path: string
  readonly type: 'text' | 'texts' | 'long' | 'tree' | 'free'
  /** where only these words can stand */
  readonly words?: readonly string[]
  /** null in the question where Cedar has no such attribute */
  readonly optional?: true
}

/** `times` × the number at the path + `plus`. */
export type Sum = {
  readonly is: 'sum'
  readonly field: Field
  readonly times: bigint
  readonly plus: bigint
}

/** What a Cedar expression stands for before the request is known. */
export type Term =
  | { readonly is: 'truth'; readonly truth: Truth }
  | { readonly is: 'text'; readonly value: string }
  | { readonly is: 'long'; readonly value: bigint }
  | { readonly is: 'entity'; readonly type: string; readonly id: string }
  | { readonly is: 'subject'; readonly subject: Subject }
  | { readonly is: 'set'; readonly items: readonly Term[] }
  /** `given`: a part of the request, as against a record that the policy writes down */
  | { readonly is: 'record'; readonly members: ReadonlyMap<string, Term>; readonly given: boolean }
  | { readonly is: 'choice'; readonly test: Truth; readonly yes: Term; readonly no: Term }
  | { readonly is: 'fault' }
  | Field
  | Sum

export const BROKEN: Term = { is: 'fault' }

export const asTerm = (truth: Truth): Term => (truth === FAULT ? BROKEN : { is: 'truth', truth })

/** True where evaluating the term alone succeeds, at fault elsewhere: Cedar evaluates every operand, also those that decide nothing. */
export function evaluates(term: Term): Truth {
  if (term.is === 'fault') return FAULT
  if (term.is === 'truth') return fine(term.truth)
  if (term.is === 'field') return isThere(term)
  if (term.is === 'sum') return isLong(term.field)
  if (term.is === 'choice') return choose(term.test, evaluates(term.yes), evaluates(term.no))
  return everyOf(membersOf(term).map(evaluates))
}

/** A part of the request is there whole. */
function membersOf(term: Term): readonly Term[] {
  if (term.is === 'set') return term.items
  return term.is === 'record' && !term.given ? [...term.members.values()] : []
}

/** The truth, provided that all of these can be evaluated. */
export const given = (terms: readonly Term[], truth: Truth): Truth =>
  truth === FAULT ? FAULT : and(everyOf(terms.map(evaluates)), truth)

function isThere({ path, type, optional }: Field): Truth {
  if (optional) return orFault(sure({ path, op: 'ne', value: null }))
  return type === 'free' ? orFault(strict({ path, op: 'exists', value: true })) : TRUE
}

/** True where the value is a number, at fault elsewhere. */
export function isLong({ path, type }: Field): Truth {
  if (type === 'long') return TRUE
  return type === 'free' ? strict({ path, op: 'gte', value: Number.MIN_SAFE_INTEGER }) : FAULT
}

/** The truth of a term that stands where Cedar wants a boolean; at fault where it is none. */
export function truthOfTerm(term: Term): Truth {
  if (term.is === 'truth') return term.truth
  if (term.is === 'choice') return choose(term.test, truthOfTerm(term.yes), truthOfTerm(term.no))
  if (term.is !== 'field' || term.type !== 'free') return FAULT
  const { path } = term
  const isBoolean = strict({ path, op: 'in', value: [true, false] })
  return and(orFault(isBoolean), strict({ path, op: 'eq', value: true }))
}

/** A comparison of a field, strict where the field may be missing or of another type. */
export const compared = ({ type, optional }: Field): typeof sure =>
  type === 'free' || type === 'tree' || optional ? strict : sure

/** The scalar that a policy may compare with, or undefined where the term is none. Numbers beyond 2^53 never reach here: `readLong`. */
export function scalarOf(term: Term): string | number | boolean | undefined {
  if (term.is === 'text') return term.value
  if (term.is === 'long') return Number(term.value)
  if (term.is !== 'truth') return undefined
  return term.truth === TRUE ? true : term.truth === FALSE ? false : undefined
}

export const isSafe = (value: bigint): boolean =>
  value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)

/** One text for each constant, equal exactly where Cedar's values are; null for what is no constant. */
export function keyOf(term: Term): string | null {
  const scalar = term.is === 'long' ? undefined : scalarOf(term)
  if (scalar !== undefined) return JSON.stringify(scalar)
  if (term.is === 'long') return `${term.value}`
  if (term.is === 'entity') return `${JSON.stringify(term.type)}::${JSON.stringify(term.id)}`
  if (term.is === 'set') return joined(term.items.map(keyOf), '[]')
  if (term.is !== 'record' || term.given) return null
  return joined(
    [...term.members].map(([name, member]) => named(name, keyOf(member))),
    '{}',
  )
}

const named = (name: string, key: string | null): string | null =>
  key === null ? null : `${JSON.stringify(name)}:${key}`

/** Sets and records have no order, and sets no duplicates. */
function joined(keys: readonly (string | null)[], brackets: string): string | null {
  if (keys.includes(null)) return null
  return `${brackets[0]}${[...new Set(keys)].sort(byCode).join()}${brackets[1]}`
}

const byCode = (left: string | null, right: string | null): number => ((left ?? '') < (right ?? '') ? -1 : 1)
