import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import type { SecureContext } from 'node:tls'
import * as der from './der.ts'

/** Issues certificates for the hosts whose traffic is read. Its keys are in memory only and end with the run. */
export type CertificateAuthority = {
  /** PEM of the certificate that the inside of the sandbox trusts, and nobody else */
  readonly certificate: string
  /** what a server of that name presents; made once and again before it ends */
  contextFor(host: string): SecureContext
}

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
const LEAF_MS = DAY_MS
const RENEWED_BEFORE_MS = 60 * MINUTE_MS
const AUTHORITY_MS = 30 * DAY_MS

/**
 * @param hosts names, or `*.name`: the authority is good for these and nothing else (RFC 5280 section 4.2.1.10), so that even its stolen key opens nothing more
 * @param now epoch ms
 */
export function createAuthority(hosts: readonly string[], now: () => number): CertificateAuthority {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const name = nameOf(`Writ sandbox ${randomBytes(4).toString('hex')}`)
  const issuer: Issuer = { name, keys, keyId: keyIdOf(keys.publicKey) }
  const certificate = authorityCertificate(issuer, hosts, now())
  const contexts = new Map<string, { readonly context: SecureContext; readonly endsAtMs: number }>()
  return {
    certificate: pem(certificate),
    contextFor(host) {
      const known = contexts.get(host)
      if (known !== undefined && known.endsAtMs - RENEWED_BEFORE_MS > now()) return known.context
      const made = leafContext(issuer, host, now())
      contexts.set(host, { context: made, endsAtMs: now() + LEAF_MS })
      return made
    },
  }
}

type Keys = { readonly publicKey: KeyObject; readonly privateKey: KeyObject }
type Issuer = { readonly name: Buffer; readonly keys: Keys; readonly keyId: Buffer }

const ID = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  keyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  alternativeName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  issuerKeyId: '2.5.29.35',
  extendedUsage: '2.5.29.37',
  serverAuthentication: '1.3.6.1.5.5.7.3.1',
} as const

function authorityCertificate(issuer: Issuer, hosts: readonly string[], atMs: number): Buffer {
  return certificateOf(issuer, {
    subject: issuer.name,
    publicKey: issuer.keys.publicKey,
    fromMs: atMs - 5 * MINUTE_MS,
    untilMs: atMs + AUTHORITY_MS,
    extensions: [
      critical(ID.basicConstraints, der.sequence(der.truth(), der.integer(Uint8Array.of(0)))),
      critical(ID.keyUsage, der.bits(Uint8Array.of(0b00000100), 2)),
      critical(ID.nameConstraints, constraintsTo(hosts)),
      extension(ID.keyId, der.octets(issuer.keyId)),
    ],
  })
}

// A permitted name includes all below it. Addresses are a kind of their own and would be free if they were not excluded.
function constraintsTo(hosts: readonly string[]): Buffer {
  const permitted = hosts.map((host) => der.sequence(der.implicit(2, Buffer.from(host.replace(/^\*\./, '')))))
  const everyAddress = [8, 32].map((length) => der.sequence(der.implicit(7, Buffer.alloc(length))))
  return der.sequence(der.explicit(0, Buffer.concat(permitted)), der.explicit(1, Buffer.concat(everyAddress)))
}

function leafContext(issuer: Issuer, host: string, atMs: number): SecureContext {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const certificate = certificateOf(issuer, {
    subject: nameOf(host.slice(0, 64)),
    publicKey: keys.publicKey,
    fromMs: atMs - 5 * MINUTE_MS,
    untilMs: atMs + LEAF_MS,
    extensions: [
      extension(ID.alternativeName, der.sequence(der.implicit(2, Buffer.from(host)))),
      extension(ID.extendedUsage, der.sequence(der.objectId(ID.serverAuthentication))),
      critical(ID.keyUsage, der.bits(Uint8Array.of(0b10000000), 7)),
      extension(ID.issuerKeyId, der.sequence(der.implicit(0, issuer.keyId))),
    ],
  })
  const key = keys.privateKey.export({ type: 'pkcs8', format: 'pem' })
  return createSecureContext({ key, cert: pem(certificate), minVersion: 'TLSv1.2' })
}

type Content = {
  readonly subject: Buffer
  readonly publicKey: KeyObject
  readonly fromMs: number
  readonly untilMs: number
  readonly extensions: readonly Buffer[]
}

/** RFC 5280 section 4.1. */
function certificateOf(issuer: Issuer, content: Content): Buffer {
  const algorithm = der.sequence(der.objectId(ID.ecdsaWithSha256))
  const serial = randomBytes(16)
  serial.writeUInt8((serial.readUInt8(0) & 0x7f) | 0x40, 0)
  const signed = der.sequence(
    der.explicit(0, der.integer(Uint8Array.of(2))),
    der.integer(serial),
    algorithm,
    issuer.name,
    der.sequence(der.time(content.fromMs), der.time(content.untilMs)),
    content.subject,
    content.publicKey.export({ type: 'spki', format: 'der' }),
    der.explicit(3, der.sequence(...content.extensions)),
  )
  return der.sequence(signed, algorithm, der.bits(sign('sha256', signed, issuer.keys.privateKey)))
}

const nameOf = (commonName: string): Buffer =>
  der.sequence(der.set(der.sequence(der.objectId(ID.commonName), der.utf8(commonName))))

const extension = (id: string, value: Buffer): Buffer => der.sequence(der.objectId(id), der.octets(value))
const critical = (id: string, value: Buffer): Buffer =>
  der.sequence(der.objectId(id), der.truth(), der.octets(value))

const keyIdOf = (key: KeyObject): Buffer =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest()
    .subarray(0, 20)

const pem = (certificate: Buffer): string => {
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
