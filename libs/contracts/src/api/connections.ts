import { z } from 'zod'
import { ActionClass } from '../action.ts'
import { BundleConnection } from '../bundle.ts'
import { AccessGroupId, ConnectionId, NodeId, Slug } from '../id.ts'
import { Certificates, UPSTREAM_BY_DEFAULT, UpstreamSettings, UpstreamState } from '../upstream.ts'
import { PlainHttpUrl } from '../url.ts'

/** Names that no gateway lets a credential take: they frame the message, belong to one hop, or are the protocol's own. */
const RESERVED_HEADER =
  /^(?:host|content-.*|transfer-encoding|te|trailer|connection|keep-alive|proxy-.*|upgrade|expect|accept-encoding|dpop|mcp-.*)$/

/** A secret shorter than 8 bytes cannot be masked safely in answers, so it is not accepted. */
export const NewCredential = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({
    kind: z.literal('api-key'),
    header: z
      .string()
      .regex(/^[a-z0-9-]{1,64}$/)
      .refine((name) => !RESERVED_HEADER.test(name), { error: 'a header that no credential may take' })
      .default('x-api-key'),
    secret: z
      .string()
      .min(8)
      .max(4096)
      .regex(/^[\x21-\x7e]+$/, 'visible ASCII without spaces'),
  }),
  z.strictObject({
    kind: z.literal('client-certificate'),
    /** the certificate of the key first, then those that lead to its authority */
    certificates: Certificates,
    key: z
      .string()
      .max(16_384)
      .regex(
        /^-----BEGIN (EC |RSA |)PRIVATE KEY-----[A-Za-z0-9+/=\s]+-----END \1PRIVATE KEY-----\s*$/,
        'one private key in PEM, not encrypted',
      ),
  }),
])
export type NewCredential = z.infer<typeof NewCredential>

/** Cedar has the actions `class/…` and `method/…` for groups of actions, and those of a connection are called `<connection>/<tool>`. */
const RESERVED_NAMES: ReadonlySet<string> = new Set(['class', 'method'])

const ConnectionName = Slug.refine((name) => !RESERVED_NAMES.has(name), {
  error: 'no connection can be named `class` or `method`: Cedar policies call groups of actions so',
})

const { trust, annotationsTrusted } = BundleConnection.shape

/**
 * When a definition counts as approved. `approval`: when an admin says so. `first-sight`: the form in which a gateway saw it first, until
 * an admin says otherwise; what changes afterwards is as suspect as with the former.
 */
export const Pinning = z.enum(['approval', 'first-sight'])
export type Pinning = z.infer<typeof Pinning>

/** An OpenAPI document (3.0 or 3.1, JSON or YAML). With it, gateways answer for the HTTP API at the connection's URL. */
const OpenApiText = z
  .string()
  .min(1)
  .max(512 * 1024)

export const NewConnection = z.strictObject({
  name: ConnectionName,
  url: PlainHttpUrl,
  credential: NewCredential,
  groups: z.array(AccessGroupId).max(100).default([]),
  toolClasses: z.record(z.string(), ActionClass).default({}),
  trust,
  annotationsTrusted,
  upstream: UpstreamSettings.default(UPSTREAM_BY_DEFAULT),
  pinning: Pinning.default('approval'),
  openapi: OpenApiText.optional(),
})
export type NewConnection = z.infer<typeof NewConnection>
export const ConnectionChange = z.strictObject({
  url: PlainHttpUrl.optional(),
  credential: NewCredential.optional(),
  groups: z.array(AccessGroupId).max(100).optional(),
  toolClasses: z.record(z.string(), ActionClass).optional(),
  trust: trust.unwrap().optional(),
  annotationsTrusted: annotationsTrusted.unwrap().optional(),
  upstream: UpstreamSettings.optional(),
  pinning: Pinning.optional(),
  /** of a connection that was made with one */
  openapi: OpenApiText.optional(),
})
export type ConnectionChange = z.infer<typeof ConnectionChange>
/** What gateways said last of an upstream with the credential that it has now. `unknown`: none has called it. */
export const ConnectionHealth = z.strictObject({
  state: z.enum([...UpstreamState.options, 'unknown']),
  /** the refusal that agents were answered with, and what the gateway says of it; null while it works */
  failure: z.strictObject({ code: z.string(), detail: z.string() }).nullable(),
  /** gateways for which it is so, of those that said anything */
  gateways: z.array(NodeId),
  since: z.iso.datetime().nullable(),
})
export type ConnectionHealth = z.infer<typeof ConnectionHealth>

/** The tools that a document makes, and the operations that it leaves out. */
export const ConnectionApi = z.strictObject({
  title: z.string(),
  version: z.string(),
  tools: z.array(z.string()),
  leftOut: z.array(z.strictObject({ operation: z.string(), why: z.string() })),
})
export type ConnectionApi = z.infer<typeof ConnectionApi>

/** Never the secret: its kind, place and version. */
export const ConnectionView = z.strictObject({
  id: ConnectionId,
  name: Slug,
  url: z.string(),
  credential: z.strictObject({
    kind: z.enum(['none', 'api-key', 'client-certificate']),
    header: z.string().nullable(),
    certificates: z.string().nullable(),
    version: z.int(),
  }),
  groups: z.array(AccessGroupId),
  toolClasses: z.record(z.string(), ActionClass),
  trust: trust.unwrap(),
  annotationsTrusted: annotationsTrusted.unwrap(),
  /** switched off: it answers agents like one that does not exist */
  suspended: z.boolean(),
  upstream: UpstreamSettings,
  pinning: Pinning,
  health: ConnectionHealth,
  /** what the document of an HTTP API says; null: it is an MCP server */
  api: ConnectionApi.nullable(),
  createdAt: z.iso.datetime(),
})
export type ConnectionView = z.infer<typeof ConnectionView>
