import { z } from 'zod'
import { isResource } from './resource.ts'
import type { ScimResource } from './resource.ts'

export const TYPE = 'application/scim+json'

/** Read by the schema of its resource. */
export const ScimBody = z.looseObject({})

/** Any text that a column can hold: what is no id of ours is one that nobody has. */
export const PathId = z
  .string()
  .max(255)
  .refine((id) => !id.includes('\0'))

export function locationOf({ meta }: ScimResource): string {
  return isResource(meta) ? String(meta['location']) : ''
}
