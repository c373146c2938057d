import type { ToolAuthorizations } from '@writ/contracts'
import { isWithin } from '@writ/identity'
import { OAuthError } from '../oauth-error.ts'

/**
 * What is asked for, where it is within the bound; the bound where nothing is asked for.
 * @throws OAuthError invalid_authorization_details
 */
export function narrowed(
  asked: ToolAuthorizations | null,
  bound: ToolAuthorizations | null,
): ToolAuthorizations | null {
  if (asked === null) return bound
  if (isWithin(asked, bound)) return asked
  throw new OAuthError('invalid_authorization_details', 'more is asked for than was given')
}
