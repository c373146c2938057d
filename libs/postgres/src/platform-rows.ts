import type { NodeKind } from '@writ/audit'
import type {
  AgentId,
  BundleChange,
  HumanId,
  NodeId,
  PackId,
  PublicJwk,
  Role,
  StreamId,
  TenantId,
} from '@writ/contracts'

/** Rows of what crosses tenants, or belongs to none. */

export type TenantRow = {
  readonly id: TenantId
  readonly slug: string
  readonly name: string
  readonly defaultGroupId: string
  readonly bundleVersion: number
  readonly isSuspended: boolean
}
export type ApiKeyRow = {
  readonly tenantId: TenantId
  readonly name: string
  readonly role: Role
  /** whose agents a key of the role `developer` may touch */
  readonly humanId: HumanId | null
  /** who made it, if that is known: they are behind what it does */
  readonly madeBy: HumanId | null
  readonly secretSha256: string
  readonly expiresAt: Date | null
  readonly lastUsedAt: Date | null
}
/** `publicKey`: raw Ed25519 key, base64url. */
export type Signer = { readonly publicKey: string; readonly kind: NodeKind }

/** `signed` is the compact JWS of the newest bundle of a tenant. */
export type BundleHead = {
  readonly tenantId: TenantId
  readonly slug: string
  readonly version: number
  readonly signed: string
}
export type BundleVersion = Omit<BundleHead, 'signed'>
export type PendingChange = BundleChange & { readonly tenantId: TenantId }
export type NewNode = {
  readonly id: NodeId
  readonly name: string
  readonly publicKey: string
  readonly leaseKey: PublicJwk
  readonly origin: string
  readonly build: string
}
/** `endorsement`: what the control plane signed when it let it in; null where nobody did. */
export type NodeRow = NewNode & {
  readonly joinedAt: Date
  readonly lastSeenAt: Date
  readonly endorsement: string | null
}
/** The daemon of one agent's machine, of one tenant. */
export type DeviceRow = NodeRow & {
  readonly tenantId: TenantId
  readonly slug: string
  readonly agentId: AgentId
}
/** What of a node is endorsed. `tenantId`, `agentId`: of a device; null for a gateway. */
export type EndorsedNode = Pick<NewNode, 'id' | 'publicKey' | 'leaseKey'> & {
  readonly kind: 'gateway' | 'device'
  readonly tenantId: TenantId | null
  readonly agentId: AgentId | null
}
export type PlatformKey = {
  readonly kid: string
  readonly purpose: string
  readonly publicKey: string
  readonly sealedPrivate: Buffer
  /** absent: from when it was made */
  readonly useAfter?: Date
}
/** A tenant with administrative events that the ledger does not hold yet: `nextSeq` and `headHash` of its stream. */
export type UnsealedTenant = {
  readonly tenantId: TenantId
  readonly slug: string
  readonly nextSeq: number
  readonly headHash: string
}
/** `isOver`: there is a file, and its time is over; else it is to be made. */
export type PackToWork = {
  readonly tenantId: TenantId
  readonly slug: string
  readonly id: PackId
  readonly isOver: boolean
}
export type Watermark = { readonly stream: StreamId; readonly nextSeq: number }
/** `archivedSeq`: records below it are in a checkpoint that is published and archived. */
export type ArchivedWatermark = Watermark & { readonly archivedSeq: number }
/** Leaves that a tenant's log counts, and how many of them retention has removed so far. */
export type IndexStandingRow = {
  readonly tenant: TenantId
  readonly size: number
  readonly removed: number
  readonly isDeleted: boolean
}
