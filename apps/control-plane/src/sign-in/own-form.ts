import type { RimRequest } from '../http/request.ts'
import { isSameText } from '../ids-and-secrets.ts'
import type { SignedIn } from '../tenancy/human-door.ts'
import { isFromOwnPage } from './same-site.ts'

/** Whether a posted form is one that we showed to this very session: its field `form` says so, and so does the browser. */
export function isOwnForm(
  request: RimRequest,
  origin: string,
  { formToken }: Pick<SignedIn, 'formToken'>,
): boolean {
  const token = request.body instanceof URLSearchParams ? request.body.getAll('form') : []
  return isFromOwnPage(request, origin) && token.length === 1 && isSameText(token[0] ?? '', formToken)
}
