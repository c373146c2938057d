import { createHash } from 'node:crypto'
import type { RimRequest } from '../http/request.ts'

/** What a proof is checked against. */
export type SignedRequest = {
  /** every `DPoP` field as it came */
  readonly dpop: readonly string[]
  /** base64url SHA-256 of the raw body */
  readonly bodySha256: string
}

export const signedRequestOf = ({ raw, rawBody }: RimRequest): SignedRequest => ({
  dpop: raw.headersDistinct['dpop'] ?? [],
  bodySha256: createHash('sha256')
    .update(rawBody ?? '')
    .digest('base64url'),
})
