import type { Json, JsonObject } from '@writ/contracts'
import type { HookEvent } from '@writ/hooks'

/** What an action would pass as, beside what it was. */
export type Change = { readonly from: Json; readonly to: Json }

/**
 * The client's own input, or result, with what policy changed in it; null where it changed nothing. Policy sees an action in our form: each
 * text that it changed is looked for in the client's, and a change that is not found there is none that could be made.
 */
export function rewritten(changes: readonly Change[], event: HookEvent): JsonObject | 'impossible' | null {
  const [first, ...others] = changes
  if (first === undefined) return null
  if (event.moment === 'after') return others.length === 0 && isObject(first.to) ? first.to : 'impossible'
  const texts = new Map<string, string>()
  if (!changes.every(({ from, to }) => collectTexts(from, to, texts))) return 'impossible'
  const used = new Set<string>()
  const input = replaced(event.input, texts, used)
  return used.size === texts.size && isObject(input) ? input : 'impossible'
}

/** @returns false where more than texts changed, or one text became two */
function collectTexts(from: Json, to: Json, texts: Map<string, string>): boolean {
  if (typeof from === 'string' && typeof to === 'string') {
    if (from === to) return true
    const known = texts.get(from)
    texts.set(from, to)
    return known === undefined || known === to
  }
  if (Array.isArray(from) && Array.isArray(to))
    return from.length === to.length && from.every((part, at) => collectTexts(part, to[at] ?? null, texts))
  return isObject(from) && isObject(to) ? collectMembers(from, to, texts) : from === to
}

function collectMembers(from: JsonObject, to: JsonObject, texts: Map<string, string>): boolean {
  const keys = Object.keys(from)
  return (
    keys.length === Object.keys(to).length &&
    keys.every((key) => Object.hasOwn(to, key) && collectTexts(from[key] ?? null, to[key] ?? null, texts))
  )
}

function replaced(value: Json, texts: ReadonlyMap<string, string>, used: Set<string>): Json {
  if (typeof value === 'string') {
    const next = texts.get(value)
    if (next !== undefined) used.add(value)
    return next ?? value
  }
  if (Array.isArray(value)) return value.map((part) => replaced(part, texts, used))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, replaced(part, texts, used)]))
}

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
