import { z } from 'zod'
import { BundleChange, BundleKey } from './bundle.ts'
import { AgentId, ConnectionId, DecisionId, NodeId, SessionId, Slug, TenantId } from './id.ts'
import { StreamHead, StreamId } from './record.ts'
import { PublicJwk } from './token.ts'

/**
 * The wire between gateways (nodes) and the control plane, under `/internal/v1`.
 * A node joins once with the join secret, then signs each request with its own Ed25519 node key:
 *   `Writ-Node: <nodeId>.<epoch milliseconds>.<base64url signature>` over `nodeStatement`.
 */
export const nodeStatement = (request: {
  method: string
  path: string
  atMs: number
  bodySha256: string
}): string => `writ.node.v1\n${request.method}\n${request.path}\n${request.atMs}\n${request.bodySha256}\n`

/** Versions are stored as 32-bit integers. */
const MAX_VERSION = 2 ** 31 - 1

/**
 * `POST join`; header `Writ-Join: base64url(HMAC-SHA-256(join secret, raw body))`. Header `Writ-Node-Proof`: base64url Ed25519 by the node key over the raw body too.
 * The answer is authenticated alike over `nonce + "\n" + raw body`.
 */
export const JoinRequest = z.strictObject({
  name: z.string().min(1).max(100),
  /** raw Ed25519 public key, base64url: signs batches, heads and requests */
  publicKey: z.base64url().max(64),
  /** P-256 public key that leases are sealed to (ECDH-ES) */
  leaseKey: PublicJwk,
  origin: z.url().max(2048),
  build: z.string().max(200),
  nonce: z.base64url().max(64),
  atMs: z.int(),
})
export type JoinRequest = z.infer<typeof JoinRequest>
export const JoinAnswer = z.strictObject({ node: NodeId, bundleKeys: z.array(BundleKey).min(1) })
export type JoinAnswer = z.infer<typeof JoinAnswer>

/** `GET changes?after=<seq>&waitSeconds=<0..25>`: held until there is a change. `heartbeat` is a compact JWS of `Heartbeat`. */
export const ChangesAnswer = z.strictObject({
  heartbeat: z.string(),
  changes: z.array(BundleChange),
  seq: z.int().nonnegative(),
})
export type ChangesAnswer = z.infer<typeof ChangesAnswer>

/** `GET bundles/{slug}`: a compact JWS of `Bundle`; 404 when there is no such tenant. */
export const BundleAnswer = z.strictObject({ bundle: z.string() })
export type BundleAnswer = z.infer<typeof BundleAnswer>

/** `POST acknowledgements`: what a node did with a bundle. */
export const BundleAcknowledgement = z.strictObject({
  tenant: Slug,
  version: z.int().positive().max(MAX_VERSION),
  outcome: z.enum(['applied', 'refused']),
  detail: z.string().max(500),
})
export type BundleAcknowledgement = z.infer<typeof BundleAcknowledgement>

/** `POST heads`: signed stream heads up, watermarks that Postgres confirms down. `POST batches` takes one StreamBatch and answers 202. */
export const HeadsRequest = z.strictObject({ heads: z.array(StreamHead).max(1000) })
export type HeadsRequest = z.infer<typeof HeadsRequest>
export const HeadsAnswer = z.strictObject({
  watermarks: z.array(z.strictObject({ stream: StreamId, nextSeq: z.int().nonnegative() })),
})
export type HeadsAnswer = z.infer<typeof HeadsAnswer>

/** `POST leases`: one credential, for one caller, sealed to the node's lease key as a compact JWE of `LeaseSecret`. */
export const LeaseRequest = z.strictObject({
  tenant: TenantId,
  connection: ConnectionId,
  credentialVersion: z.int().positive().max(MAX_VERSION),
  agent: AgentId,
  session: SessionId,
  decision: DecisionId,
})
export type LeaseRequest = z.infer<typeof LeaseRequest>
export const LeaseAnswer = z.strictObject({ lease: z.string() })
export type LeaseAnswer = z.infer<typeof LeaseAnswer>

/** Inside the JWE. `renewAtMs`: ask again from then on; `expiresAtMs`: never used after, even when the control plane is away. */
export const LeaseSecret = z.strictObject({
  tenant: TenantId,
  connection: ConnectionId,
  version: z.int().positive(),
  /** origin that the secret may be sent to */
  origin: z.url(),
  header: z.string(),
  value: z.string(),
  renewAtMs: z.int(),
  expiresAtMs: z.int(),
})
export type LeaseSecret = z.infer<typeof LeaseSecret>
