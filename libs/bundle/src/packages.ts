import type { BundleKey } from '@writ/contracts'
import { PackageIntelligence } from '@writ/contracts'
import { BundleFault, isBundleFault } from './bundle-fault.ts'
import { snapshotHash } from './bundle.ts'
import type { BundleSigner } from './signed.ts'
import { seal, unseal } from './signed.ts'

export const PACKAGES_TYPE = 'writ-packages+jws'

/** The largest document, in bytes of its JSON. */
export const MAX_PACKAGES_BYTES = 8 * 1024 * 1024
/** Base64url of that, with room for the header and the signature. */
const MAX_SIGNED_CHARACTERS = Math.ceil((MAX_PACKAGES_BYTES * 4) / 3) + 1024

/** Signs what is known of packages. @throws RangeError when it is larger than any device would take */
export function sealPackages(packages: PackageIntelligence, signer: BundleSigner): Promise<string> {
  const payload = Buffer.from(JSON.stringify(PackageIntelligence.parse(packages)))
  if (payload.length > MAX_PACKAGES_BYTES) throw new RangeError('the document is larger than 8 MiB')
  return seal(payload, PACKAGES_TYPE, signer)
}

/** Opens what `sealPackages` signed. @param sha256 the one that the bundle names: no other document is taken, whoever signed it */
export async function openPackages(
  jws: string,
  keys: readonly BundleKey[],
  sha256: string,
): Promise<PackageIntelligence | BundleFault> {
  if (jws.length > MAX_SIGNED_CHARACTERS)
    return new BundleFault('too_large', 'the document is larger than 8 MiB')
  const payload = await unseal(jws, PACKAGES_TYPE, keys)
  if (isBundleFault(payload)) return payload
  if (snapshotHash(jws) !== sha256)
    return new BundleFault('forked', 'it is not the document that the bundle names')
  try {
    return PackageIntelligence.parse(JSON.parse(Buffer.from(payload).toString('utf8')))
  } catch {
    return new BundleFault('malformed', 'the document is malformed')
  }
}
