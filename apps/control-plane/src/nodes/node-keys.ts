import { createPublicKey } from 'node:crypto'
import { statementHolds } from '@writ/audit'
import type { JoinRequest, PublicJwk } from '@writ/contracts'
import { badRequest, unauthorized } from '../http/problem.ts'
import type { RimRequest } from '../http/request.ts'

const CLOCK_WINDOW_MS = 60_000
const PROOF_FIELD = 'writ-node-proof'
const SIGNATURE = /^[A-Za-z0-9_-]{86}$/

/** Whoever joins holds the private half of the key that it names: nobody speaks for the key of another node. @throws 401 */
export function requireNodeProof(request: RimRequest, rawBody: Uint8Array, publicKey: string): void {
  if (!statementHolds(Buffer.from(rawBody).toString('utf8'), nodeProofOf(request), publicKey))
    throw unauthorized()
}

/** @throws 401 where there is none that looks like one */
export const nodeProofOf = (request: RimRequest): string => onlyField(request, PROOF_FIELD, SIGNATURE)

/** Two fields are no field. @throws 401 */
export function onlyField({ raw }: RimRequest, name: string, form: RegExp): string {
  const [value, ...others] = raw.headersDistinct[name] ?? []
  if (value === undefined || others.length > 0 || !form.test(value)) throw unauthorized()
  return value
}

/** @throws 400 for keys that are none, and for a clock that is more than a minute away */
export function requireSoundJoin(
  { publicKey, leaseKey, atMs }: Pick<JoinRequest, 'publicKey' | 'leaseKey' | 'atMs'>,
  nowMs: number,
): void {
  if (Math.abs(nowMs - atMs) > CLOCK_WINDOW_MS) throw badRequest('the clocks differ by more than a minute')
  const bytes = Buffer.from(publicKey, 'base64url')
  // The last character has bits to spare: one key in two spellings would be two nodes.
  if (bytes.length !== 32 || bytes.toString('base64url') !== publicKey)
    throw badRequest('publicKey is not an Ed25519 key')
  if (!isOnCurve(leaseKey)) throw badRequest('leaseKey is not a P-256 key')
}

function isOnCurve(key: PublicJwk): boolean {
  try {
    createPublicKey({ key, format: 'jwk' })
    return true
  } catch {
    return false
  }
}
