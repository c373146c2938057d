import type { Administration, HumanId, Permission, Role, TenantId } from '@writ/contracts'
import { mayDo } from '@writ/contracts'

export type Tenant = { readonly id: TenantId; readonly slug: string }

/** Who did something. */
export type By = Readonly<Omit<Administration['by'], 'name'>> & { readonly name: string }

/** Whom a request lets in to a tenant, and as what. */
export type Admission = {
  readonly tenantId: TenantId
  readonly roles: readonly Role[]
  readonly by: By
  /** whose things a `developer` may touch: the human who is signed in, or the one that the API key was made for */
  readonly human: HumanId | null
  /** of an API key: the human who made it, if that is known */
  readonly maker?: HumanId | null
  /** of a human: whether they proved who they are a short while ago */
  readonly isFresh?: boolean
}

/** Whether it may be done to what belongs to `owner`. A role other than `developer` reaches what belongs to anybody. */
export const mayTouch = (
  { roles, human }: Admission,
  permission: Permission,
  owner: HumanId | null,
): boolean =>
  mayDo(
    roles.filter((role) => role !== 'developer'),
    permission,
  ) ||
  (mayDo(roles, permission) && human !== null && human === owner)

/** The humans who are behind a request: whom it is let in as, and whoever made the key that it came with. */
export const behind = ({ human, maker = null }: Admission): readonly HumanId[] =>
  [human, maker].filter((one) => one !== null)
