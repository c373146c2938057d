import type { Json, JsonObject } from '@writ/contracts'

/**
 * The one byte form of a value: RFC 8785 (JCS) for strings, safe integers, booleans, null and containers of them.
 * Keys are sorted by UTF-16 code units; there is no white space.
 * @throws TypeError on anything else: a fraction, an unsafe integer, `undefined`, a hole in a list
 */
export const canonical = (value: Json): string => textOf(value)

function textOf(value: Json | undefined): string {
  if (typeof value === 'number') return integer(value)
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value)
  if (isList(value)) return `[${Array.from(value, textOf).join(',')}]`
  if (typeof value === 'object') return `{${members(value)}}`
  throw new TypeError(`a record cannot hold a value of type ${typeof value}`)
}

const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value)

function integer(value: number): string {
  if (!Number.isSafeInteger(value)) throw new TypeError('a record holds safe integers only')
  return String(value)
}

function members(value: JsonObject): string {
  let text = ''
  // the default order of strings is that of their code units
  for (const key of Object.keys(value).toSorted())
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${textOf(value[key])}`
  return text
}
