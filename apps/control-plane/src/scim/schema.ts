import { Messages, Schemas, Types } from 'scimmy'
import { invalidValue, ScimError } from './scim-error.ts'

/** A resource of SCIM as plain JSON. */
export type ScimResource = Readonly<Record<string, unknown>>
export type ResourceKind = 'User' | 'Group'
export type Verb = 'add' | 'remove' | 'replace'
export type Operation = { readonly op: Verb; readonly path?: string; readonly value?: unknown }

// Optional: a user need not have it, and a directory may send it.
Schemas.User.definition.extend(Schemas.EnterpriseUser.definition, false)

const CLASSES = { User: Schemas.User, Group: Schemas.Group }

/** Reads what a directory sends. What the schema does not know, and every password, is left out. @throws ScimError */
export function readResource(kind: ResourceKind, sent: ScimResource): ScimResource {
  return plain(() => new CLASSES[kind](mended(sent), 'in'))
}

/** Applies a PATCH (RFC 7644 §3.5.2) in the forms that directories send. @throws ScimError */
export async function patched(
  kind: ResourceKind,
  now: ScimResource,
  operations: readonly Operation[],
): Promise<ScimResource> {
  const before = new CLASSES[kind](now, 'both')
  try {
    const patch = new Messages.PatchOp({ schemas: [Messages.PatchOp.id], Operations: [...operations] })
    return plainCopy((await patch.apply(before)) ?? before)
  } catch (error) {
    throw scimErrorOf(error)
  }
}

/** Attribute and value of each comparison of a filter that is one or more `eq`, joined by `and`. @throws ScimError invalidFilter */
export function readFilter(text: string): { readonly attribute: string; readonly value: string }[] {
  const parsed = parsedFilter(text)
  const [first, second] = parsed
  if (first === undefined || second !== undefined) throw invalidFilter()
  return Object.entries(first).map(([attribute, comparison]) => ({
    attribute: attribute.toLowerCase(),
    value: equalityOf(comparison),
  }))
}

export const describeSchemas = (basePath: string): ScimResource[] =>
  [Schemas.User, Schemas.Group, Schemas.EnterpriseUser].map((schema) =>
    plainCopy(schema.definition.describe(basePath)),
  )

function parsedFilter(text: string): Record<string, unknown>[] {
  try {
    return [...new Types.Filter(text)].map((expression) => ({ ...expression }))
  } catch (error) {
    throw scimErrorOf(error)
  }
}

function equalityOf(comparison: unknown): string {
  if (!Array.isArray(comparison) || comparison.length !== 2) throw invalidFilter()
  const [operator, value]: unknown[] = comparison
  if (operator !== 'eq' || typeof value !== 'string') throw invalidFilter()
  return value
}

const invalidFilter = () =>
  new ScimError(400, 'invalidFilter', 'filters are one or more comparisons by eq with a text, joined by and')

function plain(make: () => unknown): ScimResource {
  try {
    return plainCopy(make())
  } catch (error) {
    throw scimErrorOf(error)
  }
}

// The library's own errors, and the TypeErrors by which it says that a value has the wrong form. Anything else is a bug.
function scimErrorOf(error: unknown): unknown {
  if (error instanceof Types.Error) return new ScimError(error.status, error.scimType ?? null, error.message)
  return error instanceof TypeError ? invalidValue(error.message) : error
}

// Resources of the library are proxies that hide what was not asked for.
const plainCopy = (value: unknown): ScimResource => JSON.parse(JSON.stringify(value))

/** Directories write booleans as texts: "True" of Entra. */
function mended(sent: ScimResource): ScimResource {
  const entries = Object.entries(sent).map(([name, value]): [string, unknown] => [
    name,
    mendedValue(name, value),
  ])
  return Object.fromEntries(entries)
}

const BOOLEANS = new Set(['active', 'primary'])

/** The value of an attribute, booleans in it being booleans, and the password not being there. */
export function mendedValue(name: string, value: unknown): unknown {
  const attribute = name.toLowerCase()
  if (attribute === 'password') return undefined
  if (BOOLEANS.has(attribute) && typeof value === 'string') return booleanOf(value)
  if (Array.isArray(value)) return value.map((item: unknown) => mendedValue('', item))
  return isResource(value) ? mended(value) : value
}

function booleanOf(text: string): unknown {
  const lower = text.toLowerCase()
  return lower === 'true' || lower === 'false' ? lower === 'true' : text
}

export const isResource = (value: unknown): value is ScimResource =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
