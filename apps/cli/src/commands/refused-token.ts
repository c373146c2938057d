import { AuthorityError } from '@writ/identity'
import { EXIT, Failure } from '../failure.ts'

/** Why the authority gives no token, as a failure that says what to do; any other fault as it is. */
export const refusedToken = (error: unknown): unknown =>
  error instanceof AuthorityError
    ? new Failure(
        `no access token: ${error.message}`,
        'Run `writ status`. An agent that was revoked or locked must be enrolled again.',
        EXIT.unavailable,
      )
    : error
