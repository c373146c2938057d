import type { Json, JsonObject } from '@writ/contracts'
import type { ContentKeys } from '../modify/content-keys.ts'
import { isList } from '../path.ts'
import { fingerprint } from './fingerprint.ts'

/**
 * Fingerprint of a tool with its arguments, whatever the order of their members. Of long texts the length and both ends are looked at,
 * and of very many values the first: two calls that differ elsewhere count as the same, so a repetition is never missed.
 */
export function sameArguments(tool: string, args: JsonObject, keys: ContentKeys): string {
  const known = printed.get(args)
  if (known !== undefined && known.tool === tool && known.keys === keys) return known.print
  const print = fingerprint(
    `arguments ${JSON.stringify(tool)}${written(args, { values: MAX_VALUES, depth: MAX_DEPTH })}`,
    keys,
  )
  printed.set(args, { tool, keys, print })
  return print
}

/** One question asks more than once, and then `reserve` does. */
const printed = new WeakMap<
  JsonObject,
  { readonly tool: string; readonly keys: ContentKeys; readonly print: string }
>()

const MAX_VALUES = 10_000
const MAX_DEPTH = 64
const MAX_TEXT = 4_096
const END = 1_024

/** JSON with sorted members. */
function written(value: Json, room: { values: number; readonly depth: number }): string {
  if (typeof value === 'string') return JSON.stringify(shortened(value))
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const inner = { values: room.values, depth: room.depth - 1 }
  const text = inner.depth < 0 ? '…' : isList(value) ? writtenList(value, inner) : writtenObject(value, inner)
  room.values = inner.values
  return text
}

function writtenList(list: readonly Json[], room: { values: number; readonly depth: number }): string {
  const items: string[] = []
  for (const item of list) {
    if ((room.values -= 1) < 0) break
    items.push(written(item, room))
  }
  return `[${list.length}:${items.join()}]`
}

function writtenObject(value: JsonObject, room: { values: number; readonly depth: number }): string {
  const members: string[] = []
  for (const name of Object.keys(value).sort()) {
    if ((room.values -= 1) < 0) break
    members.push(`${JSON.stringify(shortened(name))}:${written(value[name] ?? null, room)}`)
  }
  return `{${members.join()}}`
}

const shortened = (text: string): string =>
  text.length <= MAX_TEXT ? text : `${text.length} ${text.slice(0, END)} ${text.slice(-END)}`
