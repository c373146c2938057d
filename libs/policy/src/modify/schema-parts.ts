import type { Json, JsonObject } from '@writ/contracts'
import { isList } from '../path.ts'
import { RuleFault } from '../rule-fault.ts'
import type { Work } from '../work.ts'
import { matchesIn } from './schema-pattern.ts'

/** A part of a schema, and the steps from there to the leaf. */
export type Part = { readonly schema: Json; readonly steps: readonly string[] }

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !isList(value)

/** What is said about the member or item that the next step leads to. Whether it is a list or an object is not known, so both are asked. */
export function partsBelow(
  schema: JsonObject,
  steps: readonly string[],
  work: Work,
): readonly Part[] | RuleFault {
  const [step, ...rest] = steps
  if (step === undefined) return []
  const members = membersOf(schema, step, work)
  if (members instanceof RuleFault) return members
  return [...members, ...itemsOf(schema, step)].map((part) => ({ schema: part, steps: rest }))
}

function membersOf(schema: JsonObject, step: string, work: Work): readonly Json[] | RuleFault {
  const named = own(own(schema, 'properties'), step)
  const parts: Json[] = named === undefined ? [] : [named]
  const patterns = own(schema, 'patternProperties')
  for (const [pattern, part] of isObject(patterns) ? Object.entries(patterns) : []) {
    const matches = matchesIn(pattern, step, work)
    if (matches instanceof RuleFault) return matches
    if (matches) parts.push(part)
  }
  const others = own(schema, 'additionalProperties')
  return parts.length === 0 && others !== undefined && !isIndexOnly(schema) ? [others] : parts
}

/** Nothing is said about members where only items are described. */
const isIndexOnly = (schema: JsonObject): boolean => own(schema, 'type') === 'array'

/** `prefixItems` and `items`; in draft 7 `items` as a list and `additionalItems`. */
function itemsOf(schema: JsonObject, step: string): readonly Json[] {
  if (!/^\d{1,9}$/.test(step) || own(schema, 'type') === 'object') return []
  const items = own(schema, 'items')
  const [first, others] =
    items !== undefined && isList(items)
      ? [items, own(schema, 'additionalItems')]
      : [own(schema, 'prefixItems'), items]
  const part = first !== undefined && isList(first) ? first[Number(step)] : undefined
  return [part ?? others].filter((one) => one !== undefined)
}

const own = (schema: Json | undefined, name: string): Json | undefined =>
  isObject(schema) && Object.hasOwn(schema, name) ? schema[name] : undefined
