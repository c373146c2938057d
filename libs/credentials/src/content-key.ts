import type { KeyObject } from 'node:crypto'
import { CONTENT_KEY_TYPE, ContentKeySecret } from '@writ/contracts'
import type { PublicJwk } from '@writ/contracts'
import { openSealedToNode, sealToNode } from './sealed-to-node.ts'

/** Seals a tenant's content key to one node. */
export const sealContentKey = (secret: ContentKeySecret, leaseKey: PublicJwk): Promise<string> =>
  sealToNode(secret, leaseKey, CONTENT_KEY_TYPE)

/** Opens a content key that was sealed to this node; null for anything else. */
export async function openContentKey(jwe: string, privateKey: KeyObject): Promise<ContentKeySecret | null> {
  const secret = ContentKeySecret.safeParse(await openSealedToNode(jwe, privateKey, CONTENT_KEY_TYPE))
  return secret.success ? secret.data : null
}
