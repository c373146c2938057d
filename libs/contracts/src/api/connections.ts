import { z } from 'zod'
import { ActionClass } from '../action.ts'
import { BundleConnection } from '../bundle.ts'
import { AccessGroupId, ConnectionId, Slug } from '../id.ts'

/** Secrets stand in the credential, where they are sealed, and a fragment never goes over the wire. */
const UpstreamUrl = z
  .url({ protocol: /^https?$/ })
  .max(2048)
  .refine(isPlain, { error: 'a URL without user, password and fragment' })

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
])
export type NewCredential = z.infer<typeof NewCredential>

/** Cedar has the actions `class/…` and `method/…` for groups of actions, and those of a connection are called `<connection>/<tool>`. */
const RESERVED_NAMES: ReadonlySet<string> = new Set(['class', 'method'])

const ConnectionName = Slug.refine((name) => !RESERVED_NAMES.has(name), {
  error: 'no connection can be named `class` or `method`: Cedar policies call groups of actions so',
})

const { trust, annotationsTrusted } = BundleConnection.shape

export const NewConnection = z.strictObject({
  name: ConnectionName,
  url: UpstreamUrl,
  credential: NewCredential,
  groups: z.array(AccessGroupId).max(100).default([]),
  toolClasses: z.record(z.string(), ActionClass).default({}),
  trust,
  annotationsTrusted,
})
export type NewConnection = z.infer<typeof NewConnection>
export const ConnectionChange = z.strictObject({
  url: UpstreamUrl.optional(),
  credential: NewCredential.optional(),
  groups: z.array(AccessGroupId).max(100).optional(),
  toolClasses: z.record(z.string(), ActionClass).optional(),
  trust: trust.unwrap().optional(),
  annotationsTrusted: annotationsTrusted.unwrap().optional(),
})
export type ConnectionChange = z.infer<typeof ConnectionChange>
/** Never the secret: its kind, place and version. */
export const ConnectionView = z.strictObject({
  id: ConnectionId,
  name: Slug,
  url: z.string(),
  credential: z.strictObject({
    kind: z.enum(['none', 'api-key']),
    header: z.string().nullable(),
    version: z.int(),
  }),
  groups: z.array(AccessGroupId),
  toolClasses: z.record(z.string(), ActionClass),
  trust: trust.unwrap(),
  annotationsTrusted: annotationsTrusted.unwrap(),
  /** switched off: it answers agents like one that does not exist */
  suspended: z.boolean(),
  createdAt: z.iso.datetime(),
})
export type ConnectionView = z.infer<typeof ConnectionView>

function isPlain(text: string): boolean {
  if (!URL.canParse(text) || text.includes('#')) return false
  const { username, password } = new URL(text)
  return username === '' && password === ''
}
