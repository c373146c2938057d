import type { AccessTokenClaims, Refusal } from '@writ/contracts'
import { isRefusal } from '@writ/contracts'
import type { CurrentBundle } from '../stages.ts'
import { callerOf } from '../steps/standing.ts'
import type { Acting } from './stages.ts'

/**
 * For whom a device acts, by the claims of an access token of its own whose signature held.
 * @returns `token_revoked` where anything that they stand on no longer counts under this bundle
 */
export function actingAs(claims: AccessTokenClaims, current: CurrentBundle): Acting | Refusal {
  const caller = callerOf({ claims, keyThumbprint: claims.cnf.jkt }, current)
  return isRefusal(caller) ? caller : { current, caller }
}
