import { ToolStanding } from '@writ/contracts'
import { z } from 'zod'

/** `after` is the `next` of the page before. */
export const ToolsQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(100),
  after: z.coerce.number().int().min(0).max(100_000).default(0),
  standing: ToolStanding.optional(),
})
export type ToolsQuery = z.infer<typeof ToolsQuery>
