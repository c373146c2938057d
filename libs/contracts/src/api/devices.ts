import { z } from 'zod'
import { BundleHooks } from '../bundle.ts'
import { AgentId, NodeId } from '../id.ts'

const Instant = z.iso.datetime()

/** The daemon of one agent's machine. Its id is that of the node that signs its records. */
export const DeviceView = z.strictObject({
  id: NodeId,
  name: z.string(),
  agent: z.strictObject({ id: AgentId, name: z.string() }),
  /** program and platform, as it says itself */
  build: z.string(),
  joinedAt: Instant,
  lastSeenAt: Instant,
  /** newest bundle version that it applied; null before the first */
  appliedVersion: z.int().nullable(),
  /** newest bundle that it refused, if that is newer than the one that it applied */
  refused: z.strictObject({ version: z.int(), detail: z.string() }).nullable(),
  /** from then on it is nobody; what it recorded before stays */
  revokedAt: Instant.nullable(),
  revokedBy: z.string().nullable(),
})
export type DeviceView = z.infer<typeof DeviceView>

const { mode, offlineSeconds, asks, unknown, packages } = BundleHooks.shape
const { allow, deny, coolDownHours } = packages.unwrap().shape

/** What is left out stays as it is. What is known of packages is set by itself: its hash follows. */
export const HooksChange = z.strictObject({
  mode: mode.unwrap().optional(),
  offlineSeconds: offlineSeconds.unwrap().optional(),
  asks: asks.unwrap().optional(),
  unknown: unknown.unwrap().optional(),
  packages: z
    .strictObject({
      allow: allow.unwrap().optional(),
      deny: deny.unwrap().optional(),
      coolDownHours: coolDownHours.unwrap().optional(),
    })
    .optional(),
})
export type HooksChange = z.infer<typeof HooksChange>

/** The package intelligence of a tenant; `sha256` stands in its bundle. All null: none. */
export const PackagesView = z.strictObject({
  sha256: z.string().nullable(),
  title: z.string().nullable(),
  sizeBytes: z.int().nonnegative().nullable(),
  setAt: Instant.nullable(),
  /** the API key or the human */
  setBy: z.string().nullable(),
})
export type PackagesView = z.infer<typeof PackagesView>
