import { isResource } from './resource.ts'
import { mendedValue } from './schema.ts'
import type { Operation, ScimResource, Verb } from './resource.ts'
import { ScimError } from './scim-error.ts'

const MOST_OPERATIONS = 1000
/** `emails[type eq "work"].value`: of the value of that type, that part. */
const TYPED = /^([A-Za-z]+)\[([A-Za-z]+) eq "([^"\\]*)"\]\.([A-Za-z]+)$/i
const MANAGER = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:manager'

/**
 * The operations of a PATCH as the standard has them, from the forms in which the large directories write them: `Replace` in any
 * case, booleans as texts, a part of a value that is not there yet, a manager by its bare id, paths as member names.
 * @throws ScimError
 */
export function readOperations(body: ScimResource, now: ScimResource): Operation[] {
  const sent = Object.entries(body).find(([name]) => name.toLowerCase() === 'operations')?.[1]
  if (!Array.isArray(sent) || sent.length === 0 || sent.length > MOST_OPERATIONS) throw tooMany()
  const operations = sent.flatMap((operation: unknown) => {
    if (!isResource(operation)) throw new ScimError(400, 'invalidSyntax', 'an operation must be an object')
    return standardForms(operation, now)
  })
  // One without a path is as many as its value has members.
  if (operations.length > MOST_OPERATIONS) throw tooMany()
  return operations
}

const tooMany = () =>
  new ScimError(400, 'invalidSyntax', `Operations must be a list of 1 to ${MOST_OPERATIONS}`)

function standardForms({ op, path, value }: ScimResource, now: ScimResource): Operation[] {
  const verb = verbOf(op)
  if (typeof path === 'string') return [withPath(verb, path, value, now)]
  // Without a path the value names attributes, or paths.
  if (!isResource(value)) return [{ op: verb, value }]
  return Object.entries(value)
    .filter(([name]) => !READ_ONLY.has(name.toLowerCase()))
    .map(([name, part]) => withPath(verb, name, part, now))
}

// Okta names the group again when it renames it.
const READ_ONLY = new Set(['id', 'schemas', 'meta'])

function verbOf(op: unknown): Verb {
  const verb = typeof op === 'string' ? op.toLowerCase() : ''
  if (verb === 'add' || verb === 'remove' || verb === 'replace') return verb
  throw new ScimError(400, 'invalidSyntax', 'an operation adds, removes or replaces')
}

/** A path may begin with the schema that it is of. */
const CORE = /^urn:ietf:params:scim:schemas:core:2\.0:(?:user|group):/i

function withPath(op: Verb, sent: string, value: unknown, now: ScimResource): Operation {
  const path = sent.replace(CORE, '')
  if (path.toLowerCase() === MANAGER && typeof value === 'string') return { op, path, value: { value } }
  const typed = op === 'remove' ? null : TYPED.exec(path)
  if (typed) return typedOperation(typed, { op, path, value }, now)
  const last = path.split('.').at(-1) ?? path
  return { op, path, ...(value !== undefined && { value: mendedValue(last, value) }) }
}

/** Where no value of that type is there yet, one is added. */
function typedOperation(typed: RegExpExecArray, { op, value }: Operation, now: ScimResource): Operation {
  const [path, attribute = '', key = '', wanted = '', part = ''] = typed
  const mended = mendedValue(part, value)
  return hasTyped(now[attribute], key, wanted)
    ? { op, path, value: mended }
    : { op: 'add', path: attribute, value: [{ [key]: mendedValue(key, wanted), [part]: mended }] }
}

const hasTyped = (values: unknown, key: string, wanted: string): boolean =>
  Array.isArray(values) &&
  values.some((item: unknown) => isResource(item) && String(item[key]).toLowerCase() === wanted.toLowerCase())
