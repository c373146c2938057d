import type { KeyObject } from 'node:crypto'
import { sign, verify } from 'node:crypto'
import type { JsonObject } from '@writ/contracts'
import { decodeBase64url, encodeBase64url } from './base64url.ts'
import { readStrictObject } from './strict-json.ts'

/** One compact JWS (RFC 7515 §7.1), split and decoded; nothing about it is verified yet. */
export type CompactJws = {
  /** first segment as it came: equal text is an equal header */
  readonly headerText: string
  readonly claims: JsonObject
  readonly signingInput: Buffer
  /** r and s, 32 bytes each (RFC 7518 §3.4) */
  readonly signature: Buffer
}

const ES256_SIGNATURE_BYTES = 64

/** Reads strictly: three canonical segments, claims that are one JSON object, a signature as long as ES256 makes it. */
export function readCompactJws(text: string): CompactJws | null {
  const afterHeader = text.indexOf('.')
  const afterClaims = text.indexOf('.', afterHeader + 1)
  if (afterHeader < 1 || afterClaims < 0) return null
  const claims = readObjectSegment(text.slice(afterHeader + 1, afterClaims))
  // A fourth segment fails here: a dot is not base64url.
  const signature = decodeBase64url(text.slice(afterClaims + 1))
  if (claims === null || signature === null || signature.length !== ES256_SIGNATURE_BYTES) return null
  const signingInput = Buffer.from(text.slice(0, afterClaims), 'latin1')
  return { headerText: text.slice(0, afterHeader), claims, signingInput, signature }
}

/** One base64url segment that holds one strict JSON object. */
export function readObjectSegment(segment: string): JsonObject | null {
  const bytes = decodeBase64url(segment)
  return bytes === null ? null : readStrictObject(bytes)
}

/** Members that change how the signature or the content is to be read, or name a key somewhere else (RFC 7515 §4.1, RFC 7797). */
const MISLEADING_MEMBERS = ['crit', 'b64', 'zip', 'enc', 'cty', 'jku', 'x5u', 'x5c', 'x5t', 'x5t#S256']

/** ES256 and the type, as they have to be spelt, and nothing beside them that some other reader would obey. */
export const isPlainEs256Header = (header: JsonObject, type: string): boolean =>
  header['typ'] === type &&
  header['alg'] === 'ES256' &&
  !MISLEADING_MEMBERS.some((name) => Object.hasOwn(header, name))

/**
 * ES256 (RFC 7518 §3.4) over the two signed segments.
 * @param offload true: on the thread pool, which frees the event loop while other calls are under way
 */
export function isSignedBy(jws: CompactJws, key: KeyObject, offload = false): boolean | Promise<boolean> {
  const p1363 = { key, dsaEncoding: 'ieee-p1363' } as const
  if (!offload) return verify('sha256', jws.signingInput, p1363, jws.signature)
  return new Promise((resolve, reject) => {
    verify('sha256', jws.signingInput, p1363, jws.signature, (error, holds) =>
      error ? reject(error) : resolve(holds),
    )
  })
}

/** Signs with ES256. The header comes encoded, because a signer reuses it. */
export function signCompactJws(headerText: string, claims: object, key: KeyObject): string {
  const signingInput = `${headerText}.${encodeBase64url(JSON.stringify(claims))}`
  const signature = sign('sha256', Buffer.from(signingInput), { key, dsaEncoding: 'ieee-p1363' })
  return `${signingInput}.${encodeBase64url(signature)}`
}
