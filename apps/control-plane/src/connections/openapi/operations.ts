import type { ApiOperation, Json, JsonObject } from '@writ/contracts'
import { Budget, UnusableDocument } from './budget.ts'
import { parametersOf } from './parameters.ts'
import { isObject, textOf } from './plain.ts'
import type { Resolve } from './references.ts'
import { resolverOf } from './references.ts'
import { createSchemas } from './schemas.ts'
import type { Schemas } from './schemas.ts'

/** An operation that is no tool, and why. */
export type LeftOut = { readonly operation: string; readonly why: string }

export type Operations = {
  readonly operations: readonly ApiOperation[] & ApiOperation[]
  readonly leftOut: readonly LeftOut[]
}

const METHODS = [
  ['get', 'GET'],
  ['post', 'POST'],
  ['put', 'PUT'],
  ['patch', 'PATCH'],
  ['delete', 'DELETE'],
] as const

const MOST_TOOLS = 500

/**
 * Every operation of the document as a tool, in the order in which they stand there.
 * @throws UnusableDocument where they are too many, or too large
 */
export function operationsOf(document: JsonObject): Operations {
  const resolve = resolverOf(document)
  const budget = new Budget()
  const operations: ApiOperation[] = []
  const leftOut: LeftOut[] = []
  const taken = new Set<string>()
  for (const [path, item] of entriesOf(document['paths'])) {
    const shared = resolve(item)
    if (shared === null) continue
    for (const [member, method] of METHODS) {
      const operation = resolve(shared[member])
      if (operation === null) continue
      budget.operation()
      const place = { path, method, shared, operation }
      const made = toolOf(place, resolve, budget)
      if (typeof made === 'string') leftOut.push({ operation: `${method} ${path}`, why: made })
      else operations.push(counted({ ...made, tool: freeName(toolName(place), taken) }, operations, budget))
    }
  }
  return { operations, leftOut }
}

function counted(made: ApiOperation, before: readonly ApiOperation[], budget: Budget): ApiOperation {
  if (before.length === MOST_TOOLS)
    throw new UnusableDocument(`the document has more than ${MOST_TOOLS} operations`)
  budget.tool(JSON.stringify(made))
  return made
}

const entriesOf = (value: Json | undefined): [string, Json][] =>
  isObject(value) ? Object.entries(value) : []

/** An operation where it stands. */
type Place = {
  readonly path: string
  readonly method: ApiOperation['method']
  /** the path item, whose parameters count for each of its operations */
  readonly shared: JsonObject
  readonly operation: JsonObject
}

type Unnamed = Omit<ApiOperation, 'tool'>

/** @returns why it cannot be one */
function toolOf(place: Place, resolve: Resolve, budget: Budget): Unnamed | string {
  const { path, operation } = place
  if (!/^\/[\w.~!$&'()*+,;=:@/{}-]*$/.test(path) || /\/\.{1,2}(?:\/|$)/.test(path))
    return 'its path holds what no path of a tool holds'
  const schemas = createSchemas(resolve, budget)
  const read = parametersOf(place, { resolve, schemas })
  if (typeof read === 'string') return read
  const body = bodyOf(operation, { resolve, schemas, taken: new Set(Object.keys(read.properties)) })
  if (typeof body === 'string') return body
  const required = [
    ...read.parameters.filter((parameter) => parameter.required).map(({ argument }) => argument),
    ...(body?.required === true ? [body.argument] : []),
  ]
  const properties = { ...read.properties, ...(body && { [body.argument]: body.schema }) }
  return {
    method: place.method,
    path,
    description: described(operation),
    inputSchema: inputSchema({ properties, required, definitions: schemas.definitions() }),
    parameters: read.parameters,
    body: body && { argument: body.argument, required: body.required },
  }
}

type Input = {
  readonly properties: JsonObject
  readonly required: readonly string[]
  readonly definitions: JsonObject
}

const inputSchema = ({ properties, required, definitions }: Input): JsonObject => ({
  type: 'object',
  properties,
  ...(required.length > 0 && { required: [...required] }),
  additionalProperties: false,
  ...(Object.keys(definitions).length > 0 && { $defs: definitions }),
})

const MOST_CHARACTERS = 1024

const described = ({ summary, description }: JsonObject): string =>
  [textOf(summary), textOf(description)].filter(Boolean).join('\n\n').slice(0, MOST_CHARACTERS)

type BodyMeans = {
  readonly resolve: Resolve
  readonly schemas: Schemas
  /** names of arguments that parameters have */
  readonly taken: ReadonlySet<string>
}

type Body = { readonly argument: string; readonly required: boolean; readonly schema: Json }

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json(?:;.*)?$/i

function bodyOf(operation: JsonObject, { resolve, schemas, taken }: BodyMeans): Body | null | string {
  const body = resolve(operation['requestBody'])
  if (body === null) return null
  const [, media] = entriesOf(body['content']).find(([type]) => JSON_TYPE.test(type)) ?? []
  const required = body['required'] === true
  if (!isObject(media)) return required ? 'its body is not JSON' : null
  return {
    argument: taken.has('body') ? 'request_body' : 'body',
    required,
    schema: schemas.of(media['schema']),
  }
}

const toolName = ({ path, method, operation }: Place): string => {
  const named = textOf(operation['operationId']) || `${method.toLowerCase()}${path}`
  return (
    named
      .replaceAll(/[^\w-]+/g, '_')
      .replaceAll(/^_+|_+$/g, '')
      .slice(0, 60) || method.toLowerCase()
  )
}

function freeName(name: string, taken: Set<string>): string {
  for (let number = 1; ; number += 1) {
    const free = number === 1 ? name : `${name}_${number}`
    if (taken.has(free)) continue
    taken.add(free)
    return free
  }
}
