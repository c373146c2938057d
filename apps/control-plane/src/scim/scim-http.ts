import { z } from 'zod'
import { isResource } from './schema.ts'
import type { ScimResource } from './schema.ts'

export const TYPE = 'application/scim+json'

/** Read by the schema of its resource. */
export const ScimBody = z.looseObject({})

/** Any text: what is no id of ours is one that nobody has. */
export const PathId = z.string().max(255)

export function locationOf({ meta }: ScimResource): string {
  return isResource(meta) ? String(meta['location']) : ''
}
