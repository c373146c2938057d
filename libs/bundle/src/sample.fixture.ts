import { HOOKS_BY_DEFAULT } from '@writ/contracts'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import type { Bundle, BundleKey } from '@writ/contracts'
import type { BundleSigner } from './signed.ts'

/** An Ed25519 signer made of one repeated byte (PKCS #8 of RFC 8410): fixed, so that a failure can be repeated. */
export const signerOf = (kid: string, byte: number): BundleSigner => ({
  kid,
  privateKey: createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, byte)]),
    format: 'der',
    type: 'pkcs8',
  }),
})

export const keyOf = ({ kid, privateKey }: BundleSigner): BundleKey => ({
  kid,
  publicKey: createPublicKey(privateKey).export({ format: 'jwk' }).x ?? '',
})

export const SIGNER = signerOf('bundle-1', 1)
export const KEYS = [keyOf(SIGNER)]
export const AT = '2026-11-20T10:00:00.000Z'

const ulid = '1'.repeat(26)

export const bundleOf = (version: number, slug = 'acme'): Bundle => ({
  format: 'writ.bundle.v1',
  tenant: {
    id: `ten_${ulid}`,
    slug,
    epoch: 0,
    suspended: false,
    bodyDigestRequired: false,
    nonceRequired: false,
    requestsPerSecond: 1000,
    recordsFull: false,
  },
  version,
  issuedAt: AT,
  issuer: `https://writ.example/t/${slug}/oauth`,
  issuerKeys: [{ kid: `ten_${ulid}:1`, key: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' } }],
  defaultGroup: `grp_${ulid}`,
  groups: [
    {
      id: `grp_${ulid}`,
      name: 'default',
      default: 'allow',
      oversize: 'deny',
      approvers: 'admins',
      suspended: false,
    },
  ],
  agents: [{ id: `agt_${ulid}`, name: 'release agent', groups: [], epoch: 0 }],
  humans: [],
  revokedSessions: [],
  revokedTokens: [],
  connections: [],
  policies: [],
  overrides: [],
  hooks: HOOKS_BY_DEFAULT,
})
