import { ATTRIBUTES } from '../view/attributes.ts'
import type { Lowering } from './lowering.ts'
import { BROKEN, keyOf } from './term.ts'
import type { Field, Term } from './term.ts'
import { and, FALSE, FAULT, strict, sure, TRUE, truthOf } from './truth.ts'
import type { Truth } from './truth.ts'

/** Cedar's `term.name` and `term["name"]`. */
export function attributeOf(term: Term, name: string, how: Lowering): Term {
  if (term.is === 'choice') return how.eachValue(term, (one) => attributeOf(one, name, how))
  if (term.is === 'record') return memberOf(term, name, how)
  if (term.is === 'subject') return ATTRIBUTES[term.subject].get(name) ?? BROKEN
  if (term.is === 'entity') return how.refuse(OF_THE_REQUEST)
  return term.is === 'field' && isOpen(term) ? below(term, name, how) : BROKEN
}

const OF_THE_REQUEST = 'attributes are known of the entities of the request only'

/** What may have members of any name. */
const isOpen = ({ type }: Field): boolean => type === 'free' || type === 'tree'

/** A record that the policy writes down is evaluated whole, so that only constants may stand beside the member that is read. */
function memberOf({ members, given }: Term & { is: 'record' }, name: string, how: Lowering): Term {
  const others = [...members].filter(([other]) => other !== name).map(([, member]) => member)
  if (!given && !others.every((other) => keyOf(other) !== null || other.is === 'subject'))
    return how.refuse('a member is read from a record that is made of other values of the request')
  return members.get(name) ?? BROKEN
}

/** Cedar's `term has name`, and `term has first.second`. */
export function has(term: Term, names: readonly string[], how: Lowering): Truth {
  const [name, ...rest] = names
  if (name === undefined) return TRUE
  if (term.is === 'choice') return how.eachChoice(term, (one) => has(one, names, how))
  const first = hasOne(term, name, how)
  if (rest.length === 0 || first === FALSE || first === FAULT) return first
  return and(first, has(attributeOf(term, name, how), rest, how))
}

function hasOne(term: Term, name: string, how: Lowering): Truth {
  if (term.is === 'record') return memberThere(term, name, how)
  if (term.is === 'subject') return truthOf(ATTRIBUTES[term.subject].has(name))
  if (term.is === 'entity') return how.refuseTruth(OF_THE_REQUEST)
  return term.is === 'field' ? fieldHas(term, name, how) : FAULT
}

function memberThere({ members, given }: Term & { is: 'record' }, name: string, how: Lowering): Truth {
  if (!given) return how.refuseTruth('a record that the policy writes down is asked for its members')
  const member = members.get(name)
  if (member === undefined) return FALSE
  return member.is === 'field' && member.optional ? sure({ path: member.path, op: 'ne', value: null }) : TRUE
}

function fieldHas(field: Field, name: string, how: Lowering): Truth {
  if (!isOpen(field)) return FAULT
  const member = below(field, name, how)
  if (member.is !== 'field') return FAULT
  const exists = { path: member.path, op: 'exists', value: true } as const
  return field.type === 'tree' ? sure(exists) : strict(exists)
}

const PLAIN = /^[A-Za-z_$][\w$-]*$/
const LONGEST_PATH = 256

/** One step further down what the agent sent. */
function below(field: Field, name: string, how: Lowering): Term {
  const path = `${field.path}${PLAIN.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`}`
  if (path.length > LONGEST_PATH) return how.refuse(`a path has at most ${LONGEST_PATH} characters`)
  return { is: 'field', path, type: 'free' }
}
