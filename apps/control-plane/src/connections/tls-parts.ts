import { X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import type { NewCredential, UpstreamSettings } from '@writ/contracts'
import { unprocessable } from '../http/problem.ts'

/** What a gateway would not get a socket open with is not kept. @throws 422 */
export function requireAuthorities({ tls: { authorities } }: UpstreamSettings): void {
  if (authorities === null) return
  try {
    createSecureContext({ ca: separated(authorities).map((pem) => new X509Certificate(pem).toString()) })
  } catch {
    throw unprocessable('these settings of TLS are not taken', [
      { path: 'upstream.tls.authorities', message: 'something of this is no certificate' },
    ])
  }
}

/** @throws 422 */
export function requireSecrecy(kind: NewCredential['kind'], url: string): void {
  if (kind === 'client-certificate' && !url.startsWith('https:'))
    throw refused('kind', 'an upstream knows us by a certificate over https only')
}

/** The key belongs to the first certificate. @throws 422 */
export function requireCertified(credential: NewCredential): void {
  if (credential.kind !== 'client-certificate') return
  try {
    createSecureContext({ cert: credential.certificates, key: credential.key })
  } catch {
    throw refused('key', 'it is not the key of the first certificate, or something of this cannot be read')
  }
}

const refused = (part: string, message: string) =>
  unprocessable('this credential is not taken', [{ path: `credential.${part}`, message }])

const separated = (pem: string): string[] => pem.split(/(?<=-----END CERTIFICATE-----)\s*/).filter(Boolean)
