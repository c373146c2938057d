import { createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { BundleKey } from '@writ/contracts'
import { CompactSign, compactVerify, decodeProtectedHeader } from 'jose'
import { BundleFault, isBundleFault } from './bundle-fault.ts'

/** The control plane's Ed25519 key for bundles and heartbeats. */
export type BundleSigner = { readonly kid: string; readonly privateKey: KeyObject }

/** Compact JWS (RFC 7515) with EdDSA (RFC 8037), an exact `typ` and the key's `kid`. */
export function seal(payload: Uint8Array, typ: string, signer: BundleSigner): Promise<string> {
  return new CompactSign(payload)
    .setProtectedHeader({ alg: 'EdDSA', kid: signer.kid, typ })
    .sign(signer.privateKey)
}

/** Verifies a compact JWS against known keys only; nothing in the token chooses the algorithm or makes anyone fetch. */
export async function unseal(
  jws: string,
  typ: string,
  keys: readonly BundleKey[],
): Promise<Uint8Array | BundleFault> {
  const key = keyNamedBy(jws, typ, keys)
  if (isBundleFault(key)) return key
  try {
    const { payload } = await compactVerify(jws, key, { algorithms: ['EdDSA'] })
    return payload
  } catch {
    return new BundleFault('signature_invalid', 'the signature does not hold')
  }
}

function keyNamedBy(jws: string, typ: string, keys: readonly BundleKey[]): KeyObject | BundleFault {
  const header = headerOf(jws)
  if (header === null) return new BundleFault('malformed', 'this is not a compact JWS')
  if (header.typ !== typ) return new BundleFault('type_wrong', `the type is not ${typ}`)
  const known = keys.find((key) => key.kid === header.kid)
  if (known === undefined) return new BundleFault('key_unknown', 'the signing key is not known')
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: known.publicKey }, format: 'jwk' })
}

function headerOf(jws: string): { readonly typ?: unknown; readonly kid?: unknown } | null {
  try {
    return decodeProtectedHeader(jws)
  } catch {
    return null
  }
}
