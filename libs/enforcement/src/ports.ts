import type {
  ApprovalAnswer,
  ApprovalClaim,
  Bundle,
  BundleTool,
  ConnectionId,
  Json,
  Refusal,
  SessionEnd,
  SessionId,
} from '@writ/contracts'
import type { Definition } from '@writ/policy'
import type { Allowed, AnyEntry, CurrentBundle, Lease, UpstreamAnswer, Wait } from './stages.ts'

/** The record of one enforcement point. Both promises settle only after the bytes are durable (fsync). */
export type Ledger = {
  /** durable intent before an effect; a Refusal means: no record, no effect */
  readonly open: (entry: AnyEntry) => Promise<Refusal | null>
  /** how it ended, exactly once per entry; calling it again does nothing. A Refusal means the answer must not go out. */
  readonly close: (entry: AnyEntry) => Promise<Refusal | null>
}

/** Lends the credential of a connection for one allowed call. */
export type CredentialBroker = { readonly lease: (allowed: Allowed) => Promise<Lease | Refusal> }

/** Reaches the upstream; a socket is never shared across credentials. */
export type UpstreamClient = {
  readonly forward: (allowed: Allowed, lease: Lease) => Promise<UpstreamAnswer | Refusal>
}

/**
 * Holds back whoever proves nothing too often, and tenants that call more often than they may. A request that proves who sent it is
 * never held back for what others failed at.
 */
export type Brakes = {
  /**
   * Counts a request that proved nothing.
   * @param agent whom its token named, where that held: `tenant/agent`
   */
  readonly failed: (source: string, agent: string | null) => Wait | null
  /** Whether one more call of this tenant fits into this second; null: it does. */
  readonly hasRoom: (tenant: Bundle['tenant']) => Wait | null
  /** Counts a refusal of a tenant that keeps no more records. null: it is recorded all the same. */
  readonly unkept: (tenant: Bundle['tenant']) => Wait | null
  /** Counts a call that was let through. */
  readonly called: (tenant: Bundle['tenant']) => void
}

/** The verified bundle of a tenant, loaded on first use; never a lower version than one seen before. */
export type BundleSource = { readonly current: (tenantSlug: string) => Promise<CurrentBundle | Refusal> }

/** Monotonic microseconds for durations, and wall-clock milliseconds for data. */
export type Clock = { readonly nowMs: () => number; readonly monotonicMicros: () => number }

/** Masks one lent secret. Each returns the very same reference when the secret was not there, and does its work in slices. */
export type Scrubber = {
  readonly text: (text: string) => Generator<void, string>
  readonly tree: (content: Json) => Generator<void, Json>
  readonly bytes: (bytes: Uint8Array) => Generator<void, Uint8Array>
  /** What there is to mask in whatever this JSON or text says: one look at the whole of it, which most often finds that there is nothing. */
  readonly within: (bytes: Uint8Array) => Generator<void, Scrubber>
}

/** A tenant by id and by the name that it has in URLs. */
export type TenantName = Pick<Bundle['tenant'], 'id' | 'slug'>

/** The key of a tenant that hashes, tokens and fingerprints are made with, 32 bytes; null while it cannot be had. */
export type ContentKeySource = { readonly keyOf: (tenant: TenantName) => Promise<Uint8Array | null> }

/** Asks people, until `hangUp`: nobody waits for it then. Null: nobody can be reached. `approved`: the answer used the approval up, and the same call asks anew next time. */
export type ApprovalDesk = {
  readonly claim: (claim: ApprovalClaim, hangUp: AbortSignal) => Promise<ApprovalAnswer | null>
}

/** Ends a session for good, everywhere. Returns at once and tries until it is done. */
export type SessionEnder = { readonly end: (session: SessionId, said: SessionEnd) => void }

/** `pin` is no pin where one listing said two of the same name (`TWO_DEFINITIONS` of the policy room). */
export type SeenPin = Pick<Definition, 'pin' | 'contentPin'>

/** What an upstream listed. `isContinued`: a later page, which adds to the listing that was begun, and does not replace what that said. */
export type Listing = {
  readonly connection: ConnectionId
  readonly definitions: readonly Definition[]
  readonly isContinued: boolean
}

/** Definitions of tools, prompts and resources as the upstreams last listed them to this enforcement point. */
export type SeenDefinitions = {
  readonly seenOf: (connection: ConnectionId, kind: BundleTool['kind'], name: string) => SeenPin | undefined
  /** remembers them, and tells whoever keeps the catalogue about those that are new */
  readonly saw: (tenant: TenantName, listing: Listing) => void
}
