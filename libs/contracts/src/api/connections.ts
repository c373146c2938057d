import { z } from 'zod'
import { ActionClass } from '../action.ts'
import { AccessGroupId, ConnectionId, Slug } from '../id.ts'

/** A secret shorter than 8 bytes cannot be masked safely in answers, so it is not accepted. */
export const NewCredential = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({
    kind: z.literal('api-key'),
    header: z
      .string()
      .regex(/^[a-z0-9-]{1,64}$/)
      .default('x-api-key'),
    secret: z
      .string()
      .min(8)
      .max(4096)
      .regex(/^[\x21-\x7e]+$/, 'visible ASCII without spaces'),
  }),
])
export type NewCredential = z.infer<typeof NewCredential>

export const NewConnection = z.strictObject({
  name: Slug,
  url: z.url({ protocol: /^https?$/ }),
  credential: NewCredential,
  groups: z.array(AccessGroupId).max(100).default([]),
  toolClasses: z.record(z.string(), ActionClass).default({}),
})
export type NewConnection = z.infer<typeof NewConnection>
export const ConnectionChange = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).optional(),
  credential: NewCredential.optional(),
  groups: z.array(AccessGroupId).max(100).optional(),
  toolClasses: z.record(z.string(), ActionClass).optional(),
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
  createdAt: z.iso.datetime(),
})
export type ConnectionView = z.infer<typeof ConnectionView>
