import type { HeaderFields } from '@writ/enforcement'

type Fields = readonly (readonly [string, string])[]

/** What an agent may say to an upstream by header. Not in here: its token and proof, cookies, proxy and forwarding fields. */
const FORWARDED = new Set([
  'accept',
  'content-type',
  'last-event-id',
  'user-agent',
  'traceparent',
  'tracestate',
])

/** What an upstream may say to an agent by header. Not in here: cookies, challenges, redirects, other endpoints, cross-origin grants. */
const ANSWERED = new Set([
  'allow',
  'content-language',
  'content-type',
  'etag',
  'last-modified',
  'ratelimit',
  'ratelimit-policy',
  'retry-after',
  'x-request-id',
])

/** `mcp-session-id` is sealed towards agents and travels on its own. */
const MCP_FIELD = /^mcp-(?!session-id$)/

/** Names that no credential may take: they frame the message or say where it goes. */
const FRAMING =
  /^(?:host|content-.*|transfer-encoding|te|trailer|connection|keep-alive|upgrade|expect|accept-encoding|mcp-.*)$/

/**
 * The agent's header fields that go on to the upstream.
 * @param credentialHeader lower-case name that only the lease may write; null where the upstream wants no credential
 */
export function forwardedFields(headers: HeaderFields, credentialHeader: string | null): Fields {
  const fields: [string, string][] = []
  for (const [name, values] of headers) {
    if (name === credentialHeader || !(FORWARDED.has(name) || MCP_FIELD.test(name))) continue
    for (const value of values) fields.push([name, value])
  }
  return fields
}

/** The upstream's header fields that go on to the agent. A name that came twice stays twice. */
export function answeredFields(headers: UpstreamFields): Fields {
  const fields: [string, string][] = []
  for (const [name, value] of Object.entries(headers)) {
    const known = name.toLowerCase()
    if (!ANSWERED.has(known) && !MCP_FIELD.test(known)) continue
    for (const each of valuesOf(value)) if (WRITABLE.test(each)) fields.push([known, each])
  }
  return fields
}

export type UpstreamFields = Readonly<Record<string, string | string[] | undefined>>

export const valuesOf = (value: string | string[] | undefined): readonly string[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value]

/** True where a lease may write this header. */
export const mayCarryCredential = (header: string): boolean =>
  /^[a-z0-9-]{1,64}$/.test(header) && !FRAMING.test(header)

/** What Node lets into a header value; anything else would break the answer half-way. */
const WRITABLE = /^[\t\x20-\x7e\x80-\xff]*$/
