import { createPrivateKey } from 'node:crypto'
import { rawPublicKey } from '@writ/audit'
import { sealBundle, sealHeartbeat } from '@writ/bundle'
import type { BundleSigner } from '@writ/bundle'
import { HOOKS_BY_DEFAULT } from '@writ/contracts'
import type { Bundle, BundleConnection, BundleKey, Caller } from '@writ/contracts'
import type { Received } from '@writ/enforcement'
import { generateKeyPem } from '@writ/identity'

/** Ed25519 private key from a seed (RFC 8410), so that specs need no randomness. */
const privateKeyFrom = (seed: number) =>
  createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, seed)]),
    format: 'der',
    type: 'pkcs8',
  })

export const SIGNER: BundleSigner = { kid: 'bundle-1', privateKey: privateKeyFrom(1) }
export const KEYS: readonly BundleKey[] = [{ kid: 'bundle-1', publicKey: rawPublicKey(SIGNER.privateKey) }]
export const FORGER: BundleSigner = { kid: 'bundle-1', privateKey: privateKeyFrom(2) }

/** An id that differs by its mark only. */
export const id = <P extends string>(prefix: P, mark = '0'): `${P}_${string}` =>
  `${prefix}_${mark.repeat(26)}`
const { publicJwk } = generateKeyPem()

export const bundleOf = (slug: string, version: number, change: Partial<Bundle> = {}): Bundle => ({
  format: 'writ.bundle.v1',
  tenant: {
    id: id('ten'),
    slug,
    epoch: 0,
    suspended: false,
    bodyDigestRequired: false,
    nonceRequired: false,
    requestsPerSecond: 1000,
    recordsFull: false,
  },
  version,
  issuedAt: '2026-11-21T00:00:00.000Z',
  issuer: `https://authority.example/t/${slug}/oauth`,
  issuerKeys: [{ kid: 'k', key: publicJwk }],
  defaultGroup: id('grp'),
  groups: [
    {
      id: id('grp'),
      name: 'default',
      default: 'allow',
      oversize: 'deny',
      approvers: 'admins',
      suspended: false,
    },
  ],
  agents: [],
  humans: [],
  revokedSessions: [],
  revokedTokens: [],
  connections: [],
  policies: [],
  overrides: [],
  hooks: HOOKS_BY_DEFAULT,
  ...change,
})

export const sealedBundle = (slug: string, version: number, signer = SIGNER): Promise<string> =>
  sealBundle(bundleOf(slug, version), signer)

export const sealedBeat = (seq: number, atMs: number, signer = SIGNER): Promise<string> =>
  sealHeartbeat({ format: 'writ.heartbeat.v1', issuedAt: new Date(atMs).toISOString(), seq }, signer)

export const connectionOf = (change: Partial<BundleConnection> = {}): BundleConnection => ({
  id: id('con'),
  name: 'files',
  url: 'http://127.0.0.1:9/mcp',
  credential: { kind: 'none' },
  groups: [id('grp')],
  toolClasses: {},
  trust: 'external',
  annotationsTrusted: false,
  suspended: false,
  tools: [],
  ...change,
})

export const callerOf = (change: Partial<Caller> = {}): Caller => ({
  tenantId: id('ten'),
  agent: { id: id('agt'), name: 'scribe', groups: [id('grp')] },
  human: { id: id('hum'), name: 'Ada', groups: [] },
  delegators: [],
  session: id('ses'),
  parentSession: null,
  authorizations: null,
  keyThumbprint: 'thumbprint',
  expiresAt: 4_000_000_000,
  ...change,
})

export const receivedOf = (change: Partial<Received> = {}): Received => ({
  decisionId: id('dec'),
  verb: 'POST',
  tenantSlug: 'acme',
  connectionName: 'files',
  resource: 'https://gateway.example/acme/files/mcp',
  headers: new Map(),
  body: Buffer.from('{"jsonrpc":"2.0","id":1,"method":"ping"}'),
  atMs: Date.now(),
  source: '127.0.0.1',
  hangUp: new AbortController().signal,
  ...change,
})
