import type { Document, LineCounter, Node } from 'yaml'
import { isAlias, isMap, isScalar, isSeq } from 'yaml'

/** Where something stands in a text; both count from 1, the column in UTF-16 units. */
export type Position = { readonly line: number; readonly column: number }

/** Keys and indexes from the root of a document, as zod and lint name a place. */
export type Steps = readonly (string | number)[]

/** Finds where a place of the document is written; what is not written there is found at what would hold it. */
export type PositionOf = (steps: Steps) => Position

/** @param at `key`: the name of the last step; `value`: what stands under it */
export type At = 'key' | 'value'

export function positionsIn(document: Document, lines: LineCounter): (steps: Steps, at?: At) => Position {
  return (steps, at = 'value') => {
    const { line, col } = lines.linePos(offsetOf(document, steps, at))
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
}

function offsetOf(document: Document, steps: Steps, at: At): number {
  let node = resolved(document, document.contents)
  let offset = startOf(node) ?? 0
  for (const [depth, step] of steps.entries()) {
    const found = memberOf(node, step)
    if (found === null) return offset
    node = resolved(document, found.value)
    const isNamed = at === 'key' && depth === steps.length - 1
    offset = (isNamed ? found.keyOffset : startOf(node)) ?? found.keyOffset ?? offset
  }
  return offset
}

const startOf = (node: Node | null): number | null => node?.range?.[0] ?? null

type Member = { readonly value: unknown; readonly keyOffset: number | null }

function memberOf(node: Node | null, step: string | number): Member | null {
  if (isSeq(node)) return memberAt(node.items, Number(step))
  if (!isMap(node)) return null
  const pair = node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(step))
  return pair === undefined
    ? null
    : { value: pair.value, keyOffset: isScalar(pair.key) ? startOf(pair.key) : null }
}

const memberAt = (items: readonly unknown[], index: number): Member | null =>
  index in items ? { value: items[index], keyOffset: null } : null

function resolved(document: Document, value: unknown): Node | null {
  if (isAlias(value)) return resolved(document, value.resolve(document))
  return isMap(value) || isSeq(value) || isScalar(value) ? value : null
}

/** `rules[2].when.all[0].op`; a name that is no plain word is written as `["a.b"]`. */
export const placeOf = (steps: Steps): string =>
  steps.reduce<string>((place, step) => {
    if (typeof step === 'number') return `${place}[${step}]`
    if (!/^[A-Za-z_][\w-]*$/.test(step)) return `${place}[${JSON.stringify(step)}]`
    return place === '' ? step : `${place}.${step}`
  }, '')

/** The steps that `placeOf` wrote. */
export const stepsOf = (place: string): Steps =>
  [...place.matchAll(/([A-Za-z_][\w-]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/g)].map(
    ([, name, index, quoted]) => {
      if (name !== undefined) return name
      return index === undefined ? String(JSON.parse(quoted ?? '""')) : Number(index)
    },
  )
