import type { Json, JsonObject } from '@writ/contracts'
import { isList } from '../path.ts'

/**
 * The one text of a value, whatever the order of its members: RFC 8785 (JCS), with numbers as ECMAScript writes them, which is what JCS
 * asks for. Never recurses, so depth cannot exhaust the stack. Comes in parts, each of at most `A_PART` values and about as many kilobytes
 * as the longest string: what takes long can give way to others between two of them.
 */
export function* canonicalParts(root: Json): Generator<string> {
  const open: Container[] = []
  let text = beginningOf(root, open)
  for (let written = 1; ; written += 1) {
    const container = open.at(-1)
    if (container === undefined) break
    if (container.at === container.count) text += open.pop()?.end ?? ''
    else text += separatorIn(container) + beginningOf(nextIn(container), open)
    if (written % A_PART !== 0) continue
    yield text
    text = ''
  }
  yield text
}

export const canonicalText = (root: Json): string => [...canonicalParts(root)].join('')

/** Values that are written between two turns of the event loop: about 2 ms. */
export const A_PART = 4_096

type Container = {
  readonly value: readonly Json[] | JsonObject
  /** sorted; null for a list */
  readonly names: readonly string[] | null
  readonly count: number
  readonly end: string
  at: number
}

/** A value that holds others is opened: they follow, and then its end. */
function beginningOf(value: Json, open: Container[]): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (isList(value)) {
    open.push({ value, names: null, count: value.length, end: ']', at: 0 })
    return '['
  }
  // the default order of strings is that of their code units
  const names = Object.keys(value).sort()
  open.push({ value, names, count: names.length, end: '}', at: 0 })
  return '{'
}

function separatorIn({ names, at }: Container): string {
  const comma = at === 0 ? '' : ','
  return names === null ? comma : `${comma}${JSON.stringify(names[at])}:`
}

function nextIn(container: Container): Json {
  const { value, names, at } = container
  container.at += 1
  return (isList(value) ? value[at] : value[names?.[at] ?? '']) ?? null
}
