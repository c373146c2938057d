import { ActionClass } from '@writ/contracts'
import { PARENT_PATH, TYPE_OF } from '../view/entities.ts'
import type { Lowering } from './lowering.ts'
import { keyOf } from './term.ts'
import type { Subject, Term } from './term.ts'
import { and, everyOf, FALSE, FAULT, or, someOf, sure, TRUE, truthOf } from './truth.ts'
import type { Truth } from './truth.ts'

type Entity = { readonly type: string; readonly id: string }

/** Cedar's `in`: the entity itself, or one that it is in; on the right an entity or a set of them. */
export function isIn(left: Term, right: Term, how: Lowering): Truth {
  if (left.is === 'choice') return how.eachChoice(left, (one) => isIn(one, right, how))
  if (right.is === 'choice') return how.eachChoice(right, (one) => isIn(left, one, how))
  if (!isEntity(left)) return FAULT
  if (right.is !== 'set') return isEntity(right) ? isInOne(left, right, how) : FAULT
  if (!right.items.every(isEntity))
    return hasChoice(right.items) ? how.refuseTruth('a set holds an if') : FAULT
  return someOf(right.items.map((item) => isInOne(left, item, how)))
}

const hasChoice = (items: readonly Term[]): boolean => items.some((item) => item.is === 'choice')

type EntityTerm = Term & { readonly is: 'entity' | 'subject' }
const isEntity = (term: Term): term is EntityTerm => term.is === 'entity' || term.is === 'subject'

function isInOne(left: EntityTerm, right: EntityTerm, how: Lowering): Truth {
  if (left.is === 'entity') {
    if (right.is === 'entity' && keyOf(left) === keyOf(right)) return TRUE
    return how.refuseTruth('what an entity that is named is in, is known of the entities of the request only')
  }
  if (right.is === 'subject') return truthOf(left.subject === right.subject)
  return left.subject === 'action'
    ? actionIn(right, how)
    : or(subjectIs(left.subject, right), groupOf(left.subject, right))
}

/** Cedar's `is`. */
export function isOfType(term: Term, type: string, how: Lowering): Truth {
  if (term.is === 'choice') return how.eachChoice(term, (one) => isOfType(one, type, how))
  if (term.is === 'entity') return truthOf(term.type === type)
  return term.is === 'subject' ? truthOf(TYPE_OF[term.subject] === type) : FAULT
}

const ID_PATH = { principal: 'agent.id', human: 'human.id', resource: 'resource.id' } as const

export function subjectIs(subject: Exclude<Subject, 'action'>, { type, id }: Entity): Truth {
  return type === TYPE_OF[subject] ? sure({ path: ID_PATH[subject], op: 'eq', value: id }) : FALSE
}

function groupOf(subject: Subject, { type, id }: Entity): Truth {
  const path = PARENT_PATH[subject]
  return type === 'Group' && path !== null ? sure({ path, op: 'has', value: id }) : FALSE
}

const outbound = sure({ path: 'direction', op: 'eq', value: 'outbound' })

/** Action ids under these names are no tools, so a connection of that name cannot be said in Cedar. */
export const RESERVED: ReadonlySet<string> = new Set(['class', 'method'])

/** The other way round of `actionOf` in the view: which questions have this action. */
export function actionIs({ type, id }: Entity): Truth {
  if (type !== TYPE_OF.action) return FALSE
  if (id === 'receive') return sure({ path: 'direction', op: 'eq', value: 'inbound' })
  const slash = id.indexOf('/')
  const [first, rest] = [id.slice(0, slash), id.slice(slash + 1)]
  if (first === 'method') return methodIs(rest)
  if (slash < 0 || RESERVED.has(first)) return FALSE
  return everyOf([
    outbound,
    sure({ path: 'connection.name', op: 'eq', value: first }),
    sure({ path: 'action.tool', op: 'eq', value: rest }),
  ])
}

const methodIs = (method: string): Truth =>
  everyOf([
    outbound,
    sure({ path: 'action.tool', op: 'eq', value: null }),
    sure({ path: 'action.method', op: 'eq', value: method }),
  ])

function actionIn(entity: Entity, how: Lowering): Truth {
  if (entity.type !== TYPE_OF.action || !entity.id.startsWith('class/')) return actionIs(entity)
  const found = ActionClass.safeParse(entity.id.slice('class/'.length))
  if (found.success) return and(outbound, sure({ path: 'action.class', op: 'eq', value: found.data }))
  return how.refuseTruth(`there is no action ${entity.id}: classes are ${ActionClass.options.join(', ')}`)
}
