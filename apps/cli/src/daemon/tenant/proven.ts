import type { AccessTokenClaims } from '@writ/contracts'
import { isRefusal } from '@writ/contracts'
import type { CurrentBundle } from '@writ/enforcement'
import { verifyAccessToken } from '@writ/identity'
import { readState, writeState } from '@writ/point'
import { claimsIn } from '../../token-claims.ts'

/** What an access token of this device says, once its signature held under the tenant's bundle. */
export type ProvenToken = { readonly token: string; readonly claims: AccessTokenClaims }

/**
 * Verifies a token of our own at the moment of its issue: what counts afterwards is what the bundle says of those whom it names.
 * Null where it does not hold.
 */
export async function provenToken(token: string, current: CurrentBundle): Promise<ProvenToken | null> {
  const said = claimsIn(token)
  const trust = {
    tenantId: current.bundle.tenant.id,
    issuer: current.bundle.issuer,
    // It is for gateways; here it says for whom this device acts, and nobody presents it.
    audiences: typeof said.aud === 'string' ? [said.aud] : said.aud,
    keyOf: current.keyOf,
  }
  const verified = await verifyAccessToken(token, trust, said.iat * 1000)
  return isRefusal(verified) ? null : { token, claims: verified.claims }
}

/** The last one, for a start without the control plane. Without its session key, which is in memory only, nobody can use it. */
export const keepProven = (path: string, { token }: ProvenToken): Promise<void> => writeState(path, token)

/** The authority took it back. */
export const forgetProven = (path: string): Promise<void> => writeState(path, '')

/** Null where there is none, or where it does not hold any more. */
export async function readProven(path: string, current: CurrentBundle): Promise<ProvenToken | null> {
  const token = await readState(path)
  if (token === null) return null
  return provenToken(token, current).catch(() => null)
}
