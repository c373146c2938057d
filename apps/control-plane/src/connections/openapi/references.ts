import type { Json, JsonObject } from '@writ/contracts'
import { isObject } from './plain.ts'

/** Looks things up that a document refers to; null for what is not in it. */
export type Resolve = (value: Json | undefined) => JsonObject | null

const MOST_STEPS = 20

/** Follows `#/…` references (RFC 6901) within one document, as far as a reference that leads to another may reasonably go. */
export function resolverOf(document: JsonObject): Resolve {
  return (value) => {
    let found = value
    for (let step = 0; step < MOST_STEPS && isObject(found); step += 1) {
      const reference = found['$ref']
      if (typeof reference !== 'string') return found
      found = pointedAt(document, reference)
    }
    return null
  }
}

/** Null where it leads out of the document, or to nothing in it. */
function pointedAt(document: JsonObject, reference: string): Json | undefined {
  if (!reference.startsWith('#/')) return undefined
  let at: Json | undefined = document
  for (const step of reference.slice(2).split('/').map(unescaped)) {
    if (!isObject(at) || !Object.hasOwn(at, step)) return undefined
    at = at[step]
  }
  return at
}

const unescaped = (step: string): string => decoded(step).replaceAll('~1', '/').replaceAll('~0', '~')

function decoded(step: string): string {
  try {
    return decodeURIComponent(step)
  } catch {
    return step
  }
}
