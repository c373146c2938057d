import type { CedarValueJson } from '@cedar-policy/cedar-wasm/nodejs'
import type { Json, JsonObject } from '@writ/contracts'

/** Names that turn a record of Cedar's JSON into something else. */
const ESCAPES: ReadonlySet<string> = new Set(['__entity', '__extn', '__expr'])
const DEEPEST = 32

/** Whole characters only: a lone surrogate is none. */
const isUnicode = (text: string): boolean => !/\p{Surrogate}/u.test(text)

/**
 * A value of a question as a value of Cedar. Cedar has no null, no fractions and no numbers beyond 64 bits, and texts are Unicode.
 * @returns undefined where there is no such value
 */
export function cedarValueOf(value: Json, depth = 0): CedarValueJson | undefined {
  if (typeof value === 'string') return isUnicode(value) ? value : undefined
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value + 0 : undefined
  if (typeof value === 'boolean') return value
  if (value === null || depth > DEEPEST) return undefined
  return isList(value) ? listOf(value, depth) : cedarRecordOf(value, depth)
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value)

function listOf(items: readonly Json[], depth: number): CedarValueJson[] | undefined {
  const values = items.map((item) => cedarValueOf(item, depth + 1)).filter((value) => value !== undefined)
  return values.length === items.length ? values : undefined
}

/** The same for a record, whose members must all be sayable. */
export function cedarRecordOf(record: JsonObject, depth = 0): Record<string, CedarValueJson> | undefined {
  const members = new Map<string, CedarValueJson>()
  for (const [name, member] of Object.entries(record)) {
    const value = cedarValueOf(member, depth + 1)
    if (value === undefined || !isUnicode(name) || ESCAPES.has(name)) return undefined
    members.set(name, value)
  }
  return Object.fromEntries(members)
}
