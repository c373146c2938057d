import { z } from 'zod'
import { ActionClass } from './action.ts'
import {
  AccessGroupId,
  AgentId,
  ConnectionId,
  HumanId,
  OverrideId,
  PolicyId,
  SessionId,
  Slug,
  TenantId,
} from './id.ts'
import { JsonObjectSchema } from './api/json.ts'
import { ApiDescription } from './http-api.ts'
import { GroupSettings, PolicyDocument } from './policy.ts'
import { BundleAgent, BundleHuman, Roster } from './roster.ts'
import { Certificates, Network, UpstreamSettings } from './upstream.ts'

const Ec256Key = z.strictObject({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
})

/** How the upstream wants its credential; the secret itself never stands in a bundle. */
export const CredentialPlace = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({
    kind: z.literal('api-key'),
    /** lower-case name of the header that carries the secret */
    header: z.string().regex(/^[a-z0-9-]{1,64}$/),
    /** grows with every new secret, so that a pooled socket is never shared across credentials */
    version: z.int().positive(),
  }),
  z.strictObject({
    /** the upstream knows us by TLS; the secret is the private key of the first certificate */
    kind: z.literal('client-certificate'),
    certificates: Certificates,
    version: z.int().positive(),
  }),
])
export type CredentialPlace = z.infer<typeof CredentialPlace>

/** One approved definition of a tool, prompt or resource. */
export const BundleTool = z.strictObject({
  kind: z.enum(['tool', 'prompt', 'resource', 'template', 'server']),
  name: z.string(),
  /** SHA-256 over the canonical definition, hex; see `@writ/policy` pins */
  pin: z.string().regex(/^[0-9a-f]{64}$/),
  /** the same without its name: null in a bundle of before it was told */
  contentPin: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable()
    .default(null),
  annotations: JsonObjectSchema.default({}),
  /** for tools: what rewritten arguments are checked against */
  inputSchema: JsonObjectSchema.nullable().default(null),
})
export type BundleTool = z.infer<typeof BundleTool>

/** Until then, a rule does not act on this principal's actions on this resource. */
export const BundleOverride = z.strictObject({
  id: OverrideId,
  policy: PolicyId,
  rule: z.string(),
  principal: z.union([AgentId, HumanId, AccessGroupId]),
  /** a glob over the resource of the action */
  resource: z.string().min(1).max(512),
  until: z.iso.datetime({ precision: 3 }),
})
export type BundleOverride = z.infer<typeof BundleOverride>

export const BundleConnection = z.strictObject({
  id: ConnectionId,
  name: Slug,
  url: z.url({ protocol: /^https?$/ }),
  credential: CredentialPlace,
  /** access groups that may use it */
  groups: z.array(AccessGroupId),
  /** action classes that an admin set by tool name; they beat everything else */
  toolClasses: z.record(z.string(), ActionClass),
  /** whose it is; `external` unless an admin says otherwise */
  trust: z.enum(['internal', 'external']).default('external'),
  /** whether an admin trusts what the server says of its own tools */
  annotationsTrusted: z.boolean().default(false),
  /** switched off by an admin: it answers like one that does not exist */
  suspended: z.boolean().default(false),
  /** absent: as the gateway is configured */
  upstream: UpstreamSettings.optional(),
  /** the definitions that the tenant approved */
  tools: z.array(BundleTool).default([]),
  /** it is an HTTP API that gateways answer for; absent: it is an MCP server */
  api: ApiDescription.optional(),
})
export type BundleConnection = z.infer<typeof BundleConnection>

export const BundlePolicy = z.strictObject({
  id: PolicyId,
  name: z.string(),
  version: z.int().positive(),
  groups: z.array(AccessGroupId),
  document: PolicyDocument,
})
export type BundlePolicy = z.infer<typeof BundlePolicy>

/** How the daemons of a tenant's devices act. */
export const BundleHooks = z.strictObject({
  /** `observe`: what policy says is recorded and not enforced */
  mode: z.enum(['observe', 'enforce']).default('enforce'),
  /** a daemon without word from the control plane goes on for so long, and then refuses everything */
  offlineSeconds: z
    .int()
    .min(0)
    .max(30 * 86_400)
    .default(86_400),
  /**
   * who answers what policy asks about. `person`: whoever is at the device, in the client where it can ask and by `writ approve` where it
   * cannot. `approver`: the approvers of the tenant, as for calls through a gateway
   */
  asks: z.enum(['person', 'approver']).default('person'),
  /** what `@writ/actions` cannot read or does not know */
  unknown: z.enum(['allow', 'ask', 'deny']).default('ask'),
  packages: z
    .strictObject({
      /** `manager/name` with `*`, e.g. `npm/@acme/*` */
      allow: z.array(z.string().max(256)).max(1000).default([]),
      deny: z.array(z.string().max(256)).max(1000).default([]),
      /** releases younger than this are held back where their age is known */
      coolDownHours: z.int().min(0).max(8760).default(48),
      /** SHA-256 of the signed package intelligence that goes with this bundle; null: none */
      intelligence: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .nullable()
        .default(null),
    })
    .prefault({}),
})
export type BundleHooks = z.infer<typeof BundleHooks>
/** Of a tenant that has set nothing. */
export const HOOKS_BY_DEFAULT: BundleHooks = BundleHooks.parse({})

/**
 * When an answer may go out. `strict`: once its record is durable on the enforcement point. `strict-remote`: once the ledger has it.
 * `standard`: once it is written; it is durable within about 50 ms, and where the point has no more room it may be left out, counted.
 */
export const Durability = z.enum(['strict', 'strict-remote', 'standard'])
export type Durability = z.infer<typeof Durability>

export const Excerpts = z.enum(['off', 'notable', 'all'])
export type Excerpts = z.infer<typeof Excerpts>

/** What an enforcement point needs to decide for one tenant, versioned and signed. */
export const Bundle = z.strictObject({
  format: z.literal('writ.bundle.v1'),
  tenant: z.strictObject({
    id: TenantId,
    slug: Slug,
    /** grows when every token of the tenant is revoked */
    epoch: z.int().nonnegative().default(0),
    /** the kill switch: nothing is mediated */
    suspended: z.boolean().default(false),
    /** whether a proof must carry `wbd`, the digest of the body, and a server nonce */
    bodyDigestRequired: z.boolean().default(false),
    nonceRequired: z.boolean().default(false),
    /** calls that one gateway lets through in a second, over all agents of the tenant */
    requestsPerSecond: z.int().positive().default(1000),
    /** the ledger keeps as many records as the tenant may have: nothing more is begun */
    recordsFull: z.boolean().default(false),
    /** private networks in which its upstreams may be; absent: none */
    upstreamNetworks: z.array(Network).max(50).optional(),
    /** when a record counts as written; absent: `strict` */
    durability: Durability.optional(),
    /** which calls leave an excerpt of what was said; `notable`: those that a rule matched, and all that do more than read. Absent: `notable` */
    excerpts: Excerpts.optional(),
  }),
  version: z.int().positive(),
  issuedAt: z.iso.datetime({ precision: 3 }),
  /** the authority whose tokens count, and its keys by `kid`; a token never makes a gateway fetch anything */
  issuer: z.url(),
  issuerKeys: z.array(z.strictObject({ kid: z.string(), key: Ec256Key })).min(1),
  defaultGroup: AccessGroupId,
  groups: z.array(
    z.strictObject({
      id: AccessGroupId,
      name: z.string(),
      ...GroupSettings.shape,
      /** whoever is in it is nobody, whatever other groups it is in */
      suspended: z.boolean().default(false),
    }),
  ),
  /** enrolled and not revoked: an agent that is not in this list is nobody */
  agents: z.array(BundleAgent),
  /** active humans: who is not in this list is nobody, and so is every agent that acts for them */
  humans: z.array(BundleHuman),
  /** where its agents and humans stand when they are too many: then the two lists are empty. Absent: they are all in the two lists */
  roster: Roster.optional(),
  /** sessions that were ended before their last token expired */
  revokedSessions: z.array(SessionId),
  /** `jti` of access tokens that were revoked before they expired */
  revokedTokens: z.array(z.string()).default([]),
  connections: z.array(BundleConnection),
  policies: z.array(BundlePolicy),
  overrides: z.array(BundleOverride).default([]),
  hooks: BundleHooks.prefault({}),
})
export type Bundle = z.infer<typeof Bundle>

/** One step of the change feed. `seq` grows over all tenants; it comes from Postgres. */
export const BundleChange = z.strictObject({
  seq: z.int().nonnegative(),
  tenant: Slug,
  version: z.int().positive(),
})
export type BundleChange = z.infer<typeof BundleChange>

/** Payload of the signed freshness heartbeat (the TUF "timestamp" role): everything up to `seq` is published. */
export const Heartbeat = z.strictObject({
  format: z.literal('writ.heartbeat.v1'),
  issuedAt: z.iso.datetime({ precision: 3 }),
  seq: z.int().nonnegative(),
})
export type Heartbeat = z.infer<typeof Heartbeat>

/** A key that signs bundles and heartbeats: raw Ed25519 public key, base64url. */
export const BundleKey = z.strictObject({ kid: z.string(), publicKey: z.base64url() })
export type BundleKey = z.infer<typeof BundleKey>
