import { z } from 'zod'
import { JsonObjectSchema } from './api/json.ts'
import { BundleChange, BundleKey, BundleTool } from './bundle.ts'
import {
  AgentId,
  ApprovalId,
  ConnectionId,
  DecisionId,
  HumanId,
  NodeId,
  PolicyId,
  SessionId,
  Slug,
  TenantId,
} from './id.ts'
import { StreamHead, StreamId } from './record.ts'
import { PublicJwk } from './token.ts'
import { UpstreamState } from './upstream.ts'

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

/**
 * `POST heads`: signed stream heads up, watermarks that Postgres confirms down. `POST batches` takes one StreamBatch and answers 202.
 * `streams`: others of the same node, whose watermarks are asked for too, with what of them is archived. Of a stream that the answer does
 * not name the ledger has nothing.
 */
export const HeadsRequest = z.strictObject({
  heads: z.array(StreamHead).max(1000),
  streams: z.array(StreamId).max(1000).optional(),
})
export type HeadsRequest = z.infer<typeof HeadsRequest>
export const HeadsAnswer = z.strictObject({
  watermarks: z.array(
    z.strictObject({
      stream: StreamId,
      nextSeq: z.int().nonnegative(),
      /** records below it are in a checkpoint that is published and archived; only of streams that were asked for */
      archivedSeq: z.int().nonnegative().optional(),
    }),
  ),
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
  /** empty where it is the key of a client certificate */
  header: z.string(),
  value: z.string(),
  renewAtMs: z.int(),
  expiresAtMs: z.int(),
})
export type LeaseSecret = z.infer<typeof LeaseSecret>

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/)

/**
 * `POST approvals`: may this very call go out? Idempotent: the same call finds its request again, and what is approved is used up by the
 * first claim that finds it. The answer to a pending one is held up to `waitSeconds`. The arguments themselves never leave the gateway.
 * 404 when the session is over, or when anything named here is not the tenant's.
 */
export const ApprovalClaim = z.strictObject({
  tenant: Slug,
  session: SessionId,
  agent: AgentId,
  human: HumanId,
  /** null: a local action, which has none */
  connection: ConnectionId.nullable(),
  /** the tool, prompt or resource that the call names */
  tool: z.string().min(1).max(2048),
  /** over the arguments as they would go out, hex */
  argsSha256: Sha256,
  /** the bundle that asked: an approval does not outlive it */
  bundle: z.strictObject({ version: z.int().positive().max(MAX_VERSION), sha256: Sha256 }),
  match: z.strictObject({ policy: PolicyId, rule: z.string().max(64), reason: z.string().max(500) }),
  /** how long the request stands, counted from its first claim */
  ttlSeconds: z.int().min(1).max(86_400),
  waitSeconds: z.number().min(0).max(25).default(0),
})
export type ApprovalClaim = z.infer<typeof ApprovalClaim>

/** `approved`: used up by this answer. `refused` holds until the request would have expired. 429 when the agent has too many open requests. */
export const ApprovalAnswer = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('approved'), id: ApprovalId }),
  z.strictObject({
    state: z.literal('pending'),
    id: ApprovalId,
    expiresAt: z.iso.datetime({ precision: 3 }),
  }),
  z.strictObject({ state: z.literal('refused'), id: ApprovalId }),
])
export type ApprovalAnswer = z.infer<typeof ApprovalAnswer>

/** `POST sessions/{id}/end`: answers 204, also when it was over already; the next bundle names it among the revoked sessions. */
export const SessionEnd = z.strictObject({ tenant: Slug, reason: z.string().min(1).max(500) })
export type SessionEnd = z.infer<typeof SessionEnd>

/**
 * `POST content-keys`: the tenant's key for keyed hashes, tokens and fingerprints of content, sealed to the node's lease key as a compact JWE
 * of `ContentKeySecret` (ECDH-ES, A256GCM, `typ` as below). It is the same at every node and every start.
 */
export const ContentKeyRequest = z.strictObject({ tenant: Slug })
export type ContentKeyRequest = z.infer<typeof ContentKeyRequest>
export const ContentKeyAnswer = z.strictObject({ sealed: z.string() })
export type ContentKeyAnswer = z.infer<typeof ContentKeyAnswer>
export const CONTENT_KEY_TYPE = 'writ-content-key+jwe'
/** Inside the JWE. `key`: 32 bytes, base64url. */
export const ContentKeySecret = z.strictObject({
  tenant: TenantId,
  key: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
})
export type ContentKeySecret = z.infer<typeof ContentKeySecret>

/** Text of a JSON value at most; counted in UTF-16 code units. */
const MAX_SCHEMA_TEXT = 65_536
const MAX_ANNOTATIONS_TEXT = 4096
const textAtMost = (limit: number) => (value: unknown) => JSON.stringify(value).length <= limit

/** A definition as a server showed it. Beyond a bound the gateway leaves `inputSchema` null and cuts `description`; pins are over the whole. */
export const SeenDefinition = z.strictObject({
  kind: BundleTool.shape.kind,
  /** the name; the URI or URI template of a resource; longer ones are not catalogued, and stay unknown */
  name: z.string().min(1).max(512),
  /** over the canonical definition with its name, and without it: the same content under another name is recognised by the latter */
  pin: Sha256,
  contentPin: Sha256,
  description: z.string().max(8192).default(''),
  annotations: JsonObjectSchema.default({}).refine(textAtMost(MAX_ANNOTATIONS_TEXT), {
    error: `annotations have at most ${MAX_ANNOTATIONS_TEXT} characters`,
  }),
  inputSchema: JsonObjectSchema.nullable()
    .default(null)
    .refine(textAtMost(MAX_SCHEMA_TEXT), {
      error: `an input schema has at most ${MAX_SCHEMA_TEXT} characters`,
    }),
})
export type SeenDefinition = z.infer<typeof SeenDefinition>

/** `POST catalogues`: what a server listed, unfiltered by policy; 204. Send a page at a time, and again only when a pin is new or changed. */
export const CatalogueReport = z.strictObject({
  tenant: Slug,
  connection: ConnectionId,
  definitions: z.array(SeenDefinition).min(1).max(200),
})
export type CatalogueReport = z.infer<typeof CatalogueReport>

/** `POST upstreams`: how this node fares with an upstream, when that changes; 204. */
export const UpstreamReport = z.strictObject({
  tenant: Slug,
  connection: ConnectionId,
  /** 0: it has none */
  credentialVersion: z.int().nonnegative().max(MAX_VERSION),
  state: UpstreamState,
  failure: z.strictObject({ code: z.string().max(64), detail: z.string().max(200) }).nullable(),
  atMs: z.int().nonnegative(),
})
export type UpstreamReport = z.infer<typeof UpstreamReport>

/**
 * The wire between the daemon of a device and the control plane, under `/t/{tenant}/device/v1`: the same requests with the same signature of
 * the node key as a gateway's, of one tenant, and without leases. `POST join` is proven by the agent's identity key (`DPoP` field with the
 * digest of the body, as a rotation is) and by the node key (`Writ-Node-Proof`).
 */
export const DeviceJoinRequest = JoinRequest.omit({ origin: true, nonce: true })
export type DeviceJoinRequest = z.infer<typeof DeviceJoinRequest>
export const DeviceJoinAnswer = z.strictObject({
  node: NodeId,
  bundleKeys: z.array(BundleKey).min(1),
  tenant: z.strictObject({ id: TenantId, slug: Slug }),
  agent: AgentId,
})
export type DeviceJoinAnswer = z.infer<typeof DeviceJoinAnswer>

/** `GET packages/{sha256}`: the document that the bundle names (`hooks.packages.intelligence`), a compact JWS by the bundle key. */
export const PackagesAnswer = z.strictObject({ packages: z.string() })
export type PackagesAnswer = z.infer<typeof PackagesAnswer>
