import type { Permission } from '@writ/contracts'
import { ProblemError } from '../http/problem.ts'
import type { Admission } from './admission.ts'

/** What opens doors, and what nothing brings back: an old browser session is not enough for it. */
const FRESH_ONLY: ReadonlySet<Permission> = new Set<Permission>([
  'keys.write',
  'roles.write',
  'policies.write',
  'connections.write',
  'sso.write',
  'tenant.delete',
  'humans.erase',
  'records.retain',
])

/** @throws 401 for a human who proved who they are too long ago; as RFC 9470 says it: sign in anew with `?fresh=1` and try again */
export function requireFresh({ by, isFresh }: Admission, permission: Permission): void {
  if (by.kind !== 'human' || isFresh || !FRESH_ONLY.has(permission)) return
  throw new ProblemError(
    { title: 'Unauthorized', status: 401, detail: 'sign in again to do this: it takes a fresh sign-in' },
    { 'www-authenticate': 'Cookie error="insufficient_user_authentication", max_age="900"' },
  )
}
