import type { By } from '../tenancy/admission.ts'

/** The operator of the platform as its deeds are recorded: whoever holds the operator key. */
export const OPERATOR: { readonly permission: 'operator'; readonly by: By } = {
  permission: 'operator',
  by: { kind: 'operator', id: 'operator', name: 'operator of the platform' },
}

/** For so long after a deletion a slug is nobody else's: what still names it would reach a stranger. */
export const SLUG_RESERVED_MS = 30 * 24 * 3_600_000
