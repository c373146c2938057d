import type { Json, JsonObject } from '@writ/contracts'

/** One text for one content, whatever order its members came in. */
export const canonical = (content: Json): string => JSON.stringify(sorted(content))

function sorted(value: Json): Json {
  if (!isObject(value)) return Array.isArray(value) ? value.map(sorted) : value
  const names = Object.keys(value).toSorted()
  return Object.fromEntries(names.map((name) => [name, sorted(value[name] ?? null)]))
}

export const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
