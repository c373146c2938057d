import type { Json, JsonObject } from '@writ/contracts'
import { isObject } from './strict-object.ts'

/**
 * The one text that stands under any of these names. Null: there is none, or one is no text, or two differ: whoever reads cannot know
 * which one the client takes.
 */
export function textIn(input: JsonObject, names: readonly string[]): string | null {
  const found = new Set(names.map((name) => own(input, name)).filter((value) => value !== undefined))
  const [text] = found
  return found.size === 1 && typeof text === 'string' ? text : null
}

/** As `textIn`; `otherwise` where none of the names is there. */
export function textOr(input: JsonObject, names: readonly string[], otherwise: string): string | null {
  return names.some((name) => own(input, name) !== undefined) ? textIn(input, names) : otherwise
}

/** The objects of a list; null: it is no list, or holds something else. */
export function objectsIn(input: JsonObject, name: string): readonly JsonObject[] | null {
  const list = own(input, name)
  return Array.isArray(list) && list.every(isObject) ? list : null
}

/** The texts of a list, or the one text that stands there instead of a list. */
export function textsIn(input: JsonObject, name: string): readonly string[] | null {
  const value = own(input, name)
  const list: readonly Json[] = Array.isArray(value) ? value : [value ?? null]
  return list.every((one) => typeof one === 'string') ? list : null
}

/** The member of that name that the object itself has; a null counts as none. */
export const own = (input: JsonObject, name: string): Json | undefined =>
  Object.hasOwn(input, name) ? (input[name] ?? undefined) : undefined
