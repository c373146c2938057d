import { ScimError } from './scim-error.ts'

/** One comparison of a filter by `eq` with a text, as JSON writes it. */
export type Comparison = { readonly attribute: string; readonly value: string }

/**
 * Attribute (in lower case) and value of each comparison of a filter that is one or more `eq`, joined by one word. Read here and by no library:
 * what readers of the whole language make of alternatives in parentheses grows with their product.
 * @param joiner the word between two comparisons
 * @throws ScimError invalidFilter
 */
export function readFilter(text: string, joiner: 'and' | 'or' = 'and'): Comparison[] {
  const comparison = new RegExp(COMPARISON[joiner], 'iy')
  const read: Comparison[] = []
  do {
    const [, attribute, value] = comparison.exec(text) ?? []
    if (attribute === undefined || value === undefined) throw invalidFilter()
    read.push({ attribute: attribute.toLowerCase(), value: textIn(value) })
  } while (comparison.lastIndex < text.length)
  return read
}

const EQUALITY = String.raw`\s*([a-z][\w$.:-]*)\s+eq\s+("(?:[^"\\]|\\.)*")\s*`
const COMPARISON = {
  and: String.raw`${EQUALITY}(?:and(?=\s)|$)`,
  or: String.raw`${EQUALITY}(?:or(?=\s)|$)`,
} as const

// No column holds a NUL.
function textIn(json: string): string {
  try {
    const text: unknown = JSON.parse(json)
    if (typeof text === 'string' && !text.includes('\0')) return text
  } catch {
    throw invalidFilter()
  }
  throw invalidFilter()
}

const invalidFilter = () =>
  new ScimError(400, 'invalidFilter', 'filters are one or more comparisons by eq with a text, joined by and')
