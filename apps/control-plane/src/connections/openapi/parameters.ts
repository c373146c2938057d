import type { ApiParameter, Json, JsonObject } from '@writ/contracts'
import { isObject, listOf, textOf } from './plain.ts'
import type { Resolve } from './references.ts'
import type { Schemas } from './schemas.ts'

export type ReadParameters = {
  readonly parameters: ApiParameter[]
  /** the schema of each argument */
  readonly properties: Readonly<Record<string, Json>>
}

type Owner = { readonly path: string; readonly shared: JsonObject; readonly operation: JsonObject }
type Means = { readonly resolve: Resolve; readonly schemas: Schemas }

/** Names that no argument fills: they frame the request, carry credentials, say another method, path or caller, or are this gateway's own. */
const RESERVED =
  /^(?:host|content-.*|transfer-encoding|te|trailer|connection|keep-alive|upgrade|expect|accept|accept-encoding|authorization|proxy-.*|cookie|forwarded|x-forwarded-.*|x-real-ip|true-client-ip|via|user-agent|traceparent|tracestate|x-http-method(?:-override)?|x-method-override|x-original-(?:url|uri|host|method)|x-rewrite-url)$/i
const MOST_PARAMETERS = 100
const HEADER_NAME = /^[A-Za-z0-9-]{1,64}$/

/** The parameters of one operation, those of its path among them. @returns why it can have no tool */
export function parametersOf(
  { path, shared, operation }: Owner,
  { resolve, schemas }: Means,
): ReadParameters | string {
  if ([shared, operation].some(({ parameters: listed }) => listOf(listed).length > MOST_PARAMETERS))
    return `it has more than ${MOST_PARAMETERS} parameters`
  const parameters: ApiParameter[] = []
  const properties: Record<string, Json> = {}
  for (const declared of declaredOf(shared, operation, resolve)) {
    const name = textOf(declared['name'])
    const place = textOf(declared['in'])
    const fault = faultOf(name, place)
    if (fault !== null && declared['required'] === true) return fault
    if (fault !== null || !isPlace(place)) continue
    if (declared['content'] !== undefined) return `parameter ${name} is written as a document of its own`
    const argument = Object.hasOwn(properties, name) ? `${name}_in_${place}` : name
    properties[argument] = withDescription(schemas.of(declared['schema']), textOf(declared['description']))
    parameters.push({ argument, name, in: place, ...writingOf(declared, place) })
  }
  return missingIn(path, parameters) ?? { parameters, properties }
}

/** An operation's own parameter stands in place of its path's of the same name and place. */
function declaredOf(shared: JsonObject, operation: JsonObject, resolve: Resolve): readonly JsonObject[] {
  const byPlace = new Map<string, JsonObject>()
  for (const owner of [shared, operation])
    for (const entry of listOf(owner['parameters'])) {
      const declared = resolve(entry)
      if (declared !== null) byPlace.set(`${textOf(declared['in'])} ${textOf(declared['name'])}`, declared)
    }
  return [...byPlace.values()]
}

const isPlace = (place: string): place is ApiParameter['in'] =>
  place === 'path' || place === 'query' || place === 'header'

function faultOf(name: string, place: string): string | null {
  if (!isPlace(place)) return `parameter ${name} is sent by ${place || 'nothing'}`
  if (name === '') return 'a parameter has no name'
  if (place !== 'header') return null
  return !HEADER_NAME.test(name) || RESERVED.test(name) ? `no argument may fill the header ${name}` : null
}

const STYLES = ['simple', 'form', 'spaceDelimited', 'pipeDelimited', 'deepObject'] as const

function writingOf(
  declared: JsonObject,
  place: ApiParameter['in'],
): Omit<ApiParameter, 'argument' | 'name' | 'in'> {
  const usual = place === 'query' ? 'form' : 'simple'
  const style = STYLES.find((known) => known === declared['style']) ?? usual
  const explode = typeof declared['explode'] === 'boolean' ? declared['explode'] : style === 'form'
  return { required: place === 'path' || declared['required'] === true, style, explode }
}

function withDescription(schema: Json, description: string): Json {
  if (description === '' || !isObject(schema) || 'description' in schema) return schema
  return { ...schema, description: description.slice(0, 512) }
}

/** Each place in a path is filled by one parameter, and each of those has its place. */
function missingIn(path: string, parameters: readonly ApiParameter[]): string | null {
  const places = [...path.matchAll(/\{([^{}]*)\}/g)].map(([, name]) => name)
  const named = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)
  if (new Set(places).size !== places.length) return 'its path names a parameter twice'
  const strange =
    places.find((name) => !named.includes(name ?? '')) ?? named.find((name) => !places.includes(name))
  return strange === undefined ? null : `its path and its parameters disagree about {${strange}}`
}
