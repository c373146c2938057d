import { verify } from 'node:crypto'
import type { PublicJwk } from '@writ/contracts'
import { importPublicJwk } from '@writ/identity'
import type { Seen } from './given-server.suite.ts'

/** Whether a JWT was signed with the private half of this key. */
export function isSignedBy(jwt: string, jwk: PublicJwk): boolean {
  const [header = '', claims = '', signature = ''] = jwt.split('.')
  const key = importPublicJwk(jwk)
  if (key === null) return false
  const signed = Buffer.from(`${header}.${claims}`)
  return verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'))
}

/** Whether the client assertion of a form is by this identity key. */
export const isAssertedBy = ({ body }: Seen, jwk: PublicJwk): boolean =>
  isSignedBy(new URLSearchParams(body).get('client_assertion') ?? '', jwk)
