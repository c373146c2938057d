import type { Json } from '@writ/contracts'
import { destinationsOf, hostsOf } from './destinations.ts'
import type { Facts } from './facts.ts'
import { NO_STATE } from './no-state.ts'
import { RuleFault } from './rule-fault.ts'
import { contactOf } from './session/hosts.ts'
import { provenanceOfTree } from './session/provenance.ts'

/** Where the texts of an argument were met before in the session; a fault where nobody can know. */
export function provenanceAt(value: Json, facts: Facts): readonly string[] | undefined | RuleFault {
  const { state } = facts.question.session
  if (state === null) return NO_STATE
  if (facts.keys === null) return NO_KEYS
  if (!facts.work.take(COST_OF_TEXT * weightOf(value, MAX_DEPTH))) return TOO_MUCH
  return provenanceOfTree(state, value, facts.keys, facts.question.args)
}

/** Where the texts that say where an action goes were met before. */
export function provenanceOfDestination(facts: Facts): readonly string[] | undefined | RuleFault {
  const { action, args } = facts.question
  const texts = destinationsOf(action.resource, args)
  return texts instanceof RuleFault ? texts : provenanceAt(texts, facts)
}

/** `first` when any host that the action reaches was not reached before the session became untrusted. */
export function contactAt({ question, keys, work }: Facts): 'known' | 'first' | undefined | RuleFault {
  const { state } = question.session
  if (state === null) return NO_STATE
  if (keys === null) return NO_KEYS
  const hosts = hostsOf(question.action.resource, question.args)
  if (hosts instanceof RuleFault) return hosts
  if (hosts.length === 0) return undefined
  if (!work.take(COST_OF_TEXT * 8 * hosts.length)) return TOO_MUCH
  return hosts.every((host) => contactOf(state, host, keys) === 'known') ? 'known' : 'first'
}

const NO_KEYS = new RuleFault('values cannot be recognised without the keys of the tenant')
const TOO_MUCH = new RuleFault('there is too much to compare')

/** A fingerprint for about every fourth character, at about 2 us each. */
const COST_OF_TEXT = 64
const MAX_DEPTH = 64

function weightOf(value: Json, depth: number): number {
  if (typeof value === 'string') return value.length + 8
  if (typeof value !== 'object' || value === null) return 8
  if (depth === 0) return Number.MAX_SAFE_INTEGER
  let weight = 8
  for (const member of Object.values<Json>(value)) weight += weightOf(member, depth - 1)
  return weight
}
