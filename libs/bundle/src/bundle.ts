import { createHash } from 'node:crypto'
import type { BundleKey } from '@writ/contracts'
import { Bundle } from '@writ/contracts'
import { BundleFault, isBundleFault } from './bundle-fault.ts'
import type { BundleSigner } from './signed.ts'
import { seal, unseal } from './signed.ts'

export const BUNDLE_TYPE = 'writ-bundle+jws'

/** The largest signed bundle, in bytes of its compact form. */
export const MAX_BUNDLE_BYTES = 1024 * 1024

/**
 * What was asked for, and the version below which nothing is taken. A gateway keeps it on disk, so that neither Redis
 * nor a restart takes it back to an older policy.
 * @property tenant slug
 * @property version newest version ever applied; 0 when none was
 * @property sha256 of that version's payload, hex; null when none was
 */
export type BundleFloor = {
  readonly tenant: string
  readonly version: number
  readonly sha256: string | null
}

/** `sha256` of the signed payload, hex. */
export type OpenedBundle = { readonly bundle: Bundle; readonly sha256: string }

/** Signs a bundle. @throws RangeError when it is larger than any gateway would take */
export async function sealBundle(bundle: Bundle, signer: BundleSigner): Promise<string> {
  const jws = await seal(Buffer.from(JSON.stringify(Bundle.parse(bundle))), BUNDLE_TYPE, signer)
  if (jws.length > MAX_BUNDLE_BYTES) throw new RangeError('the bundle is larger than 1 MiB')
  return jws
}

/** Opens a signed bundle: size, type, key, signature, shape, tenant, version, in this order. */
export async function openBundle(
  jws: string,
  keys: readonly BundleKey[],
  floor: BundleFloor,
): Promise<OpenedBundle | BundleFault> {
  if (jws.length > MAX_BUNDLE_BYTES) return new BundleFault('too_large', 'the bundle is larger than 1 MiB')
  const payload = await unseal(jws, BUNDLE_TYPE, keys)
  if (isBundleFault(payload)) return payload
  const bundle = bundleOf(payload)
  if (isBundleFault(bundle)) return bundle
  const sha256 = hashOf(payload)
  return floorFault(bundle, sha256, floor) ?? { bundle, sha256 }
}

/**
 * SHA-256 of the payload of a signed bundle, hex: the name of this very snapshot in records, tables and floors.
 * It does not verify anything.
 */
export function snapshotHash(jws: string): string {
  return hashOf(Buffer.from(jws.split('.')[1] ?? '', 'base64url'))
}

const hashOf = (payload: Uint8Array): string => createHash('sha256').update(payload).digest('hex')

function bundleOf(payload: Uint8Array): Bundle | BundleFault {
  const tree = treeOf(payload)
  if (tree === undefined) return new BundleFault('malformed', 'the bundle is not JSON')
  const read = Bundle.safeParse(tree)
  if (read.success) return read.data
  const places = read.error.issues.map((issue) => issue.path.map(String).join('.'))
  return new BundleFault('malformed', `the bundle is malformed at ${places.join(', ')}`)
}

function treeOf(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload)) as unknown
  } catch {
    return undefined
  }
}

function floorFault(bundle: Bundle, sha256: string, floor: BundleFloor): BundleFault | null {
  if (bundle.tenant.slug !== floor.tenant)
    return new BundleFault('tenant_mismatch', 'the bundle is of another tenant')
  if (bundle.version < floor.version)
    return new BundleFault('rolled_back', `version ${bundle.version} is older than ${floor.version}`)
  if (bundle.version === floor.version && floor.sha256 !== null && sha256 !== floor.sha256)
    return new BundleFault('forked', `there is another bundle of version ${floor.version}`)
  return null
}
