import type { HumanId, Permission } from '@writ/contracts'
import { mayTouch } from '../tenancy/admission.ts'
import type { Admission } from '../tenancy/admission.ts'

/** Whose agents and sessions may be reached: those of one human, or `null`: of anybody. */
export type OwnerBound = HumanId | 'nobody' | null

/** A developer reaches their own; every other role that has the permission reaches all, and so does the platform, which is nobody in particular. */
export function ownerBound(who: Admission | undefined, permission: Permission): OwnerBound {
  return who === undefined || mayTouch(who, permission, null) ? null : (who.human ?? 'nobody')
}
