import { setImmediate } from 'node:timers/promises'
import { Messages, Schemas, Types } from 'scimmy'
import { requireFewValues, requirePlainPath, requirePlainRemoval } from './bounds.ts'
import { isResource } from './resource.ts'
import type { Operation, ScimResource } from './resource.ts'
import { invalidValue, ScimError } from './scim-error.ts'

export type ResourceKind = 'User' | 'Group'

// Optional: a user need not have it, and a directory may send it.
Schemas.User.definition.extend(Schemas.EnterpriseUser.definition, false)

const CLASSES = { User: Schemas.User, Group: Schemas.Group }

/** Reads what a directory sends. What the schema does not know, and every password, is left out. @throws ScimError */
export function readResource(kind: ResourceKind, sent: ScimResource): ScimResource {
  requireFewValues(sent)
  return plain(() => new CLASSES[kind](mended(sent), 'in'))
}

/** Applies a PATCH (RFC 7644 §3.5.2) in the forms that directories send, one operation at a time: others are served in between. @throws ScimError */
export async function patched(
  kind: ResourceKind,
  now: ScimResource,
  operations: readonly Operation[],
): Promise<ScimResource> {
  let resource = now
  for (const operation of operations) {
    resource = await withOne(kind, resource, operation)
    await setImmediate()
  }
  return resource
}

async function withOne(kind: ResourceKind, now: ScimResource, operation: Operation): Promise<ScimResource> {
  if (operation.path !== undefined) requirePlainPath(operation.path)
  if (operation.op === 'remove') requirePlainRemoval(operation.value)
  requireFewValues({ value: operation.value })
  try {
    const before = new CLASSES[kind](now, 'both')
    const patch = new Messages.PatchOp({ schemas: [Messages.PatchOp.id], Operations: [operation] })
    const after = plainCopy((await patch.apply(before)) ?? before)
    requireFewValues(after)
    return after
  } catch (error) {
    throw scimErrorOf(error)
  }
}

export const describeSchemas = (basePath: string): ScimResource[] =>
  [Schemas.User, Schemas.Group, Schemas.EnterpriseUser].map((schema) =>
    plainCopy(schema.definition.describe(basePath)),
  )

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
