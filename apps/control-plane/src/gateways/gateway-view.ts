import { NodeId } from '@writ/contracts'
import { z } from 'zod'

/** A gateway as one tenant sees it: how far it has come with this tenant's bundle. */
export const GatewayView = z.strictObject({
  id: NodeId,
  name: z.string(),
  origin: z.string(),
  build: z.string(),
  lastSeenAt: z.iso.datetime(),
  /** newest bundle version of this tenant that it applied; null before it had to serve the tenant */
  appliedVersion: z.int().nullable(),
  /** newest bundle that it refused, if that is newer than the one that it applied */
  refused: z.strictObject({ version: z.int(), detail: z.string() }).nullable(),
})
export type GatewayView = z.infer<typeof GatewayView>
