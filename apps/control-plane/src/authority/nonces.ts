import type { NonceKeeper } from '@writ/identity'

/** Nonces of the authority, by endpoint: the token endpoint takes them, enrolment insists on them. A port, injected by class. */
export abstract class AuthorityNonces {
  abstract readonly token: NonceKeeper
  abstract readonly enrolment: NonceKeeper
}
