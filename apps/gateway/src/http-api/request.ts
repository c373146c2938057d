import type { ApiOperation, ApiParameter, Json, JsonObject } from '@writ/contracts'

/** One HTTP request, without what every request of this gateway carries. */
export type ApiRequest = {
  readonly method: ApiOperation['method']
  /** with its query, below the path of the connection */
  readonly path: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Uint8Array | null
}

/**
 * Builds the request of one call. Every argument goes where the operation says and nowhere else: it cannot leave its segment of the path,
 * add a parameter, or end a header line.
 * @param args of the call, as policy let them out
 * @returns why the arguments do not make a request, in words for the agent
 */
export function requestOf(operation: ApiOperation, args: JsonObject): ApiRequest | string {
  const strange = Object.keys(args).find((name) => !isDeclared(operation, name))
  if (strange !== undefined) return `${JSON.stringify(strange)} is no argument of this tool`
  const draft: Draft = { path: operation.path, query: [], headers: [] }
  for (const parameter of operation.parameters) {
    const fault = fill(draft, parameter, argumentOf(args, parameter.argument))
    if (fault !== null) return `${JSON.stringify(parameter.argument)} ${fault}`
  }
  const body = bodyOf(operation, args)
  if (typeof body === 'string') return body
  const { path, query, headers } = draft
  if (leavesItsPlace(path)) return 'what stands in the path would lead to another one'
  return {
    method: operation.method,
    path: query.length === 0 ? path : `${path}?${query.join('&')}`,
    headers: body === null ? headers : [...headers, ['content-type', 'application/json']],
    body,
  }
}

type Draft = { path: string; readonly query: string[]; readonly headers: (readonly [string, string])[] }

/** @returns why the argument does not fit its place */
function fill(draft: Draft, parameter: ApiParameter, value: Json | undefined): string | null {
  if (value === undefined) return parameter.required ? 'is missing' : null
  const written = WRITERS[parameter.in](parameter, value)
  if (typeof written === 'string') return written
  if (parameter.in === 'path')
    draft.path = draft.path.replace(`{${parameter.name}}`, () => written[0]?.[1] ?? '')
  else if (parameter.in === 'header') draft.headers.push(...written)
  else draft.query.push(...written.map(([name, text]) => `${name}=${text}`))
  return null
}

/**
 * Servers and the proxies before them resolve escapes at another moment than dots, some of them more than once: `..%2Fadmin` is a segment to
 * one of them and a way up to the next. A control character ends the path for some.
 */
function leavesItsPlace(path: string): boolean {
  let read = path
  for (let round = 0; round < MOST_ROUNDS && read.includes('%'); round += 1) read = withoutEscapes(read)
  return read.split(/[/\\]/).some((segment) => DOTS.test(segment)) || CONTROL.test(read)
}

const MOST_ROUNDS = 3
/** What follows a semicolon is a parameter to some, and not part of the segment. */
const DOTS = /^\.{1,2}(?:;.*)?$/s
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f]/

const withoutEscapes = (text: string): string =>
  text.replaceAll(/%([0-7][0-9a-f])/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))

const isDeclared = ({ parameters, body }: ApiOperation, name: string): boolean =>
  parameters.some(({ argument }) => argument === name) || body?.argument === name

const argumentOf = (args: JsonObject, name: string): Json | undefined =>
  Object.hasOwn(args, name) ? args[name] : undefined

function bodyOf({ body }: ApiOperation, args: JsonObject): Uint8Array | null | string {
  if (body === null) return null
  const value = argumentOf(args, body.argument)
  if (value === undefined) return body.required ? `${JSON.stringify(body.argument)} is missing` : null
  return new TextEncoder().encode(JSON.stringify(value))
}

/** Names with their values as they stand on the wire, or why they cannot. */
type Written = readonly (readonly [string, string])[] | string
type Writer = (parameter: ApiParameter, value: Json) => Written

const WRITERS: Readonly<Record<ApiParameter['in'], Writer>> = {
  path: ({ name, explode }, value) => {
    const text = joined(value, { explode, encode: encodeURIComponent })
    if (text === null) return 'cannot stand in a path'
    return text === '' ? 'is no segment of a path' : [[name, text]]
  },
  query: (parameter, value) => {
    const name = encodeURIComponent(parameter.name)
    if (!isObject(value) && !Array.isArray(value)) return [[name, encodeURIComponent(textOf(value))]]
    return Array.isArray(value) ? listIn(name, parameter, value) : objectIn(name, parameter, value)
  },
  header: ({ name, explode }, value) => {
    const text = joined(value, { explode, encode: (part) => part })
    if (text === null || !/^[\x20-\x7e]*$/.test(text)) return 'cannot stand in a header'
    return [[name.toLowerCase(), text.trim()]]
  },
}

const SEPARATORS: Readonly<Record<ApiParameter['style'], string>> = {
  simple: ',',
  form: ',',
  spaceDelimited: '%20',
  pipeDelimited: '|',
  deepObject: ',',
}

function listIn(name: string, { style, explode }: ApiParameter, list: readonly Json[]): Written {
  if (!list.every(isScalar)) return 'is a list of more than texts and numbers'
  const parts = list.map((part) => encodeURIComponent(textOf(part)))
  return explode ? parts.map((part) => [name, part] as const) : [[name, parts.join(SEPARATORS[style])]]
}

function objectIn(name: string, { style, explode }: ApiParameter, object: JsonObject): Written {
  const members = Object.entries(object)
  if (!members.every(([, part]) => isScalar(part))) return 'has members that are more than texts and numbers'
  const pairs = members.map(
    ([own, part]) => [encodeURIComponent(own), encodeURIComponent(textOf(part))] as const,
  )
  if (style === 'deepObject') return pairs.map(([own, part]) => [`${name}%5B${own}%5D`, part] as const)
  // A member would take the place of any other parameter of that name.
  return explode
    ? 'cannot be told apart from other parameters'
    : [[name, pairs.flat().join(SEPARATORS[style])]]
}

type Joining = { readonly explode: boolean; readonly encode: (part: string) => string }

/** Style `simple` (OpenAPI 3.1.0 §4.8.12.2, RFC 6570 §3.2.2); null for what it cannot write. */
function joined(value: Json, { explode, encode }: Joining): string | null {
  if (isScalar(value)) return encode(textOf(value))
  if (Array.isArray(value))
    return value.every(isScalar) ? value.map((part) => encode(textOf(part))).join(',') : null
  if (!isObject(value)) return null
  const members = Object.entries(value)
  if (!members.every(([, part]) => isScalar(part))) return null
  return members.map(([own, part]) => `${encode(own)}${explode ? '=' : ','}${encode(textOf(part))}`).join(',')
}

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isScalar = (value: Json): boolean => typeof value !== 'object' && value !== null

const textOf = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value))
