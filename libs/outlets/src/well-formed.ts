import type { Json, JsonObject } from '@writ/contracts'

/** Half of a pair of surrogates is no character, and strict readers of JSON refuse all of what it stands in. */
export const wellFormed = (text: string): string => Buffer.from(text, 'utf8').toString('utf8')

/** The same of every text in a tree; names of members are ours. */
export function wellFormedTree(value: JsonObject): JsonObject
export function wellFormedTree(value: Json): Json
export function wellFormedTree(value: Json): Json {
  if (typeof value === 'string') return wellFormed(value)
  if (typeof value !== 'object' || value === null) return value
  if (isList(value)) return value.map((item) => wellFormedTree(item))
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, wellFormedTree(member)]))
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value)
