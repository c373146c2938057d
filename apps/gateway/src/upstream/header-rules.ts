import type { Json, JsonObject } from '@writ/contracts'
import type { Allowed } from '@writ/enforcement'
import { claimedVersion, namedBy } from '@writ/mcp'

type Fields = readonly (readonly [string, string])[]
/** The one value that goes on for what an agent sent; null where nothing does. */
type RequestRule = (sent: string, allowed: Allowed) => string | null

/**
 * What an agent may say to an upstream by header, and in which form. Policy reads bodies: a field passes only where its form
 * leaves no room for content, or where it repeats what was judged. `mcp-session-id` travels sealed, on its own.
 */
const FORWARDED: ReadonlyMap<string, RequestRule> = new Map<string, RequestRule>([
  ['accept', (sent) => acceptable(sent)],
  ['content-type', (_, { received }) => (received.verb === 'POST' ? 'application/json' : null)],
  [
    'mcp-protocol-version',
    (sent, { message }) => (sent === claimedVersion(message) ? sent : inForm(sent, PROTOCOL_VERSION)),
  ],
  [
    'mcp-method',
    (sent, { received, message }) => (received.verb === 'POST' && sent === message.method ? sent : null),
  ],
  ['mcp-name', (sent, { message, row }) => (repeats(sent, namedBy(message, row)) ? sent : null)],
  ['last-event-id', (sent, { received }) => (received.verb === 'GET' ? inForm(sent, EVENT_ID) : null)],
  ['traceparent', (sent) => inForm(sent, TRACE_PARENT)],
])

const PROTOCOL_VERSION = /^\d{4}-\d{2}-\d{2}$/
const EVENT_ID = /^[\x21-\x7e]{1,256}$/
/** Version 00 of W3C Trace Context §3.2: no trace and no span is all zeros. */
const TRACE_PARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/
const PARAMETERS = 'mcp-param-'
/** SEP-2243: single arguments, repeated for the routers of the upstream. */
const PARAMETER = /^mcp-param-[a-z0-9_.-]{1,64}$/

/** What an upstream may say to an agent by header. The type of the body is ours to say, and so is caching. */
const ANSWERED: readonly (readonly [string, RegExp])[] = [
  [
    'allow',
    /^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)(?:, ?(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)){0,6}$/,
  ],
  ['mcp-protocol-version', PROTOCOL_VERSION],
  ['retry-after', /^(?:\d{1,9}|[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT)$/],
]

/** Names that no credential may take: they frame the message or say where it goes. */
const FRAMING =
  /^(?:host|content-.*|transfer-encoding|te|trailer|connection|keep-alive|upgrade|expect|accept-encoding|mcp-.*)$/

/** The agent's header fields that go on to the upstream: each once, none that was sent twice. */
export function forwardedFields(allowed: Allowed): Fields {
  const fields: [string, string][] = []
  const parameter = parametersOf(allowed)
  for (const [name, values] of allowed.received.headers) {
    const [sent] = values
    if (sent === undefined || values.length > 1) continue
    const rule = FORWARDED.get(name)
    const isParameter = name.startsWith(PARAMETERS) && PARAMETER.test(name)
    const value = isParameter ? parameter(name, sent) : (rule?.(sent, allowed) ?? null)
    if (value !== null) fields.push([name, value])
  }
  return fields
}

/**
 * An argument that policy has not seen, or that a rule has rewritten since, does not leave beside the body. Where no definition says which
 * argument a header repeats, it may be any: they are looked through once, however many headers there are.
 */
function parametersOf({ action, args, connection, decision }: Allowed) {
  let said: ReadonlySet<string> | null = null
  return (name: string, sent: string): string | null => {
    if (decision.modified) return null
    const text = meantBy(sent)
    if (text === null) return null
    const approved = connection.tools.find((tool) => tool.kind === 'tool' && tool.name === action.tool)
    const path = pathOf(name.slice(PARAMETERS.length), approved?.inputSchema ?? null)
    const isSaid = path === null ? (said ??= scalarsIn(args)).has(text) : argumentAt(path, args) === text
    return isSaid ? sent : null
  }
}

function argumentAt(path: readonly string[], args: JsonObject): string | null {
  const argument = path.reduce<Json>((at, member) => (isObject(at) ? (at[member] ?? null) : null), args)
  return typeof argument === 'object' ? null : String(argument)
}

/** Where a schema has the property that this header repeats (`x-mcp-header`, whatever the case); null: nowhere. */
function pathOf(header: string, schema: Json): readonly string[] | null {
  const properties = isObject(schema) ? (schema['properties'] ?? null) : null
  for (const [name, property] of Object.entries(isObject(properties) ? properties : {})) {
    const bound = isObject(property) ? property['x-mcp-header'] : null
    if (typeof bound === 'string' && bound.toLowerCase() === header) return [name]
    const below = pathOf(header, property)
    if (below !== null) return [name, ...below]
  }
  return null
}

/** As a header would say them. */
function scalarsIn(content: Json): ReadonlySet<string> {
  const said = new Set<string>()
  const collect = (part: Json): void => {
    if (part === null) return
    if (typeof part === 'object') for (const member of Object.values(part)) collect(member)
    else said.add(String(part))
  }
  collect(content)
  return said
}

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const repeats = (sent: string, text: string | null): boolean => text !== null && meantBy(sent) === text

/** The text that a header says, as it is or in base64 (SEP-2243); null for one that looks encoded and is not in the one way that is written. */
function meantBy(sent: string): string | null {
  if (!LOOKS_ENCODED.test(sent)) return sent
  const text = Buffer.from(sent.slice('=?base64?'.length, -'?='.length), 'base64').toString('utf8')
  return sent === `=?base64?${Buffer.from(text).toString('base64')}?=` ? text : null
}

const LOOKS_ENCODED = /^=\?base64\?.*\?=$/is

const inForm = (sent: string, form: RegExp): string | null => (form.test(sent) ? sent : null)

const ACCEPTABLE = ['application/json', 'text/event-stream', '*/*']
const BOTH = 'application/json, text/event-stream'

/** The media types of this protocol that are named, without whatever else was. */
function acceptable(sent: string): string | null {
  // What clients of this protocol send, word for word.
  if (sent === BOTH) return sent
  const named = sent.split(',').map((range) => range.replace(/;.*/s, '').trim().toLowerCase())
  return ACCEPTABLE.filter((type) => named.includes(type)).join(', ') || null
}

/** The upstream's header fields that go on to the agent. What came twice or in another form does not. */
export function answeredFields(headers: UpstreamFields): Fields {
  const fields: [string, string][] = []
  for (const [name, form] of ANSWERED) {
    if (headers[name] === undefined) continue
    const [value, ...others] = valuesOf(headers[name])
    if (value !== undefined && others.length === 0 && form.test(value)) fields.push([name, value])
  }
  return fields
}

export type UpstreamFields = Readonly<Record<string, string | string[] | undefined>>

export const valuesOf = (value: string | string[] | undefined): readonly string[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value]

/** True where a lease may write this header. */
export const mayCarryCredential = (header: string): boolean =>
  /^[a-z0-9-]{1,64}$/.test(header) && !FRAMING.test(header)
