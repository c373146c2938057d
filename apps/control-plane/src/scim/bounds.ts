import { isResource } from './resource.ts'
import type { ScimResource } from './resource.ts'
import { invalidValue, ScimError } from './scim-error.ts'

/** Values that one attribute of a resource may have. The members of a group are no such attribute here. */
const MOST_VALUES = 100
const LONGEST_PATH = 1000
/** Names, and at most one filter whose comparisons stand in no parentheses: nothing that the library would multiply out. */
const PATH = /^[\w$.:-]+(?:\[[^"()[\]]*(?:"(?:[^"\\]|\\.)*"[^"()[\]]*)*\](?:\.[\w$-]+)?)?$/
const NAME = /^\$?\w+$/

/** The library looks at each value of an attribute by itself, again with every operation, and nobody else is served meanwhile. @throws ScimError */
export function requireFewValues(resource: ScimResource): void {
  for (const [name, value] of Object.entries(resource)) {
    if (Array.isArray(value) && value.length > MOST_VALUES)
      throw invalidValue(`${name.slice(0, 100)} has more than ${MOST_VALUES} values`)
    if (isResource(value)) requireFewValues(value)
  }
}

/** @throws ScimError invalidPath */
export function requirePlainPath(path: string): void {
  if (path.length > LONGEST_PATH || !PATH.test(path))
    throw new ScimError(400, 'invalidPath', 'a path is names, and one filter without parentheses')
}

/** Of what is to be removed the library writes a filter, without quoting it. @throws ScimError */
export function requirePlainRemoval(value: unknown): void {
  for (const one of [value].flat()) if (isResource(one)) Object.entries(one).forEach(requirePlainMember)
}

function requirePlainMember([name, value]: [string, unknown]): void {
  const isNested = typeof value === 'object' && value !== null
  const isQuoting = typeof value === 'string' && /["\\]/.test(value)
  if (isNested || isQuoting || !NAME.test(name))
    throw invalidValue('what is removed is named by members with plain values')
}
