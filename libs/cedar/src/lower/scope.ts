import type { Lowering } from './lowering.ts'
import { isIn, isOfType } from './membership.ts'
import { equals } from './equality.ts'
import type { Subject, Term } from './term.ts'
import { and, TRUE } from './truth.ts'
import type { Truth } from './truth.ts'

type EntityJson =
  | { readonly type: string; readonly id: string }
  | { readonly __entity: { type: string; id: string } }

/** One part of a policy's head in Cedar's JSON form. */
export type Scope = {
  readonly op: string
  readonly entity?: EntityJson
  readonly entities?: readonly EntityJson[]
  readonly entity_type?: string
  readonly in?: { readonly entity?: EntityJson }
}

/** What the head says of the principal, the action or the resource. */
export function scopeTruth(subject: Subject, scope: Scope, how: Lowering): Truth {
  const term: Term = { is: 'subject', subject }
  switch (scope.op) {
    case 'All':
      return TRUE
    case '==':
      return scope.entity === undefined ? slot(how) : equals(term, entityOf(scope.entity), how)
    case 'in':
      return within(term, scope, how)
    case 'is':
      return ofType(term, scope, how)
    default:
      return how.refuseTruth(`a head with ${scope.op} has no exact form here`)
  }
}

function within(term: Term, { entity, entities }: Scope, how: Lowering): Truth {
  if (entity !== undefined) return isIn(term, entityOf(entity), how)
  if (entities === undefined) return slot(how)
  return isIn(term, { is: 'set', items: entities.map(entityOf) }, how)
}

function ofType(term: Term, { entity_type: type = '', in: place }: Scope, how: Lowering): Truth {
  const isType = isOfType(term, type, how)
  if (place === undefined) return isType
  return place.entity === undefined ? slot(how) : and(isType, isIn(term, entityOf(place.entity), how))
}

const slot = (how: Lowering): Truth =>
  how.refuseTruth('templates are not taken: write the entity in place of the slot')

function entityOf(entity: EntityJson): Term {
  const { type, id } = '__entity' in entity ? entity.__entity : entity
  return { is: 'entity', type, id }
}
