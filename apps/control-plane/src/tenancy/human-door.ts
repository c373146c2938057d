import type { HumanId, Role } from '@writ/contracts'
import type { RimRequest } from '../http/request.ts'
import type { Admission } from './admission.ts'

/** A human whose sign-in still counts. */
export type SignedIn = {
  readonly human: HumanId
  readonly name: string
  readonly email: string
  readonly roles: readonly Role[]
  /** epoch seconds at which they last proved who they are, null when their identity provider does not say; and how (RFC 8176) */
  readonly authTime: number | null
  readonly amr: readonly string[]
  /** stands in every form of a page as the field `form`: see `isOwnForm` in sign-in */
  readonly formToken: string
}

/** How people get in without an API key. A port, injected by class. */
export abstract class HumanDoor {
  /**
   * For the API: asked when a request has no Authorization field.
   * @returns null where nobody is signed in, or the request may come from another site
   */
  abstract admit(request: RimRequest): Promise<Admission | null>
  /** For the pages of one tenant. */
  abstract signedIn(request: RimRequest, tenantSlug: string): Promise<SignedIn | null>
}

/** How a tenant's directory gets in: by the token that was made for it. A port, injected by class. */
export abstract class DirectoryDoor {
  abstract admit(token: string): Promise<Admission | null>
}
