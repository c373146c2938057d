import type { BundleKey } from '@writ/contracts'
import { Heartbeat } from '@writ/contracts'
import { BundleFault, isBundleFault } from './bundle-fault.ts'
import type { BundleSigner } from './signed.ts'
import { seal, unseal } from './signed.ts'

export const HEARTBEAT_TYPE = 'writ-heartbeat+jws'

const MAX_HEARTBEAT_BYTES = 4096

/** Signs a heartbeat. */
export function sealHeartbeat(heartbeat: Heartbeat, signer: BundleSigner): Promise<string> {
  return seal(Buffer.from(JSON.stringify(Heartbeat.parse(heartbeat))), HEARTBEAT_TYPE, signer)
}

/** Opens a signed heartbeat. That it holds does not make it new: `createFreshness` says that. */
export async function openHeartbeat(
  jws: string,
  keys: readonly BundleKey[],
): Promise<Heartbeat | BundleFault> {
  if (jws.length > MAX_HEARTBEAT_BYTES)
    return new BundleFault('too_large', 'the heartbeat is larger than 4 KiB')
  const payload = await unseal(jws, HEARTBEAT_TYPE, keys)
  if (isBundleFault(payload)) return payload
  try {
    return Heartbeat.parse(JSON.parse(Buffer.from(payload).toString('utf8')))
  } catch {
    return new BundleFault('malformed', 'the heartbeat is malformed')
  }
}
