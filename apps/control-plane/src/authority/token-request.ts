import { CLIENT_ASSERTION_TYPE } from '@writ/contracts'
import { z } from 'zod'
import { OAuthError } from './oauth-error.ts'

/** What a token request says (RFC 6749 §4.4, RFC 7523 §2.2, RFC 8707 §2). */
export type TokenRequest = { readonly assertion: string; readonly resources: readonly string[] }

const MAX_RESOURCES = 10

/** @throws OAuthError */
export function readTokenRequest(form: unknown): TokenRequest {
  if (!(form instanceof URLSearchParams)) throw invalid('the body must be application/x-www-form-urlencoded')
  if (only(form, 'grant_type') !== 'client_credentials')
    throw new OAuthError('unsupported_grant_type', 'only client_credentials is served here')
  if (only(form, 'client_assertion_type') !== CLIENT_ASSERTION_TYPE)
    throw invalid(`client_assertion_type must be ${CLIENT_ASSERTION_TYPE}`)
  const resources = form.getAll('resource')
  if (resources.length > MAX_RESOURCES) throw invalid('too many resource parameters')
  return { assertion: only(form, 'client_assertion'), resources }
}

// RFC 6749 §3.2: parameters must not be included more than once.
function only(form: URLSearchParams, name: string): string {
  const [value, second] = form.getAll(name)
  if (value === undefined || value === '') throw invalid(`${name} is missing`)
  if (second !== undefined) throw invalid(`${name} is there more than once`)
  return value
}

const invalid = (description: string): OAuthError => new OAuthError('invalid_request', description)

/** The form for the API description; reading is stricter than a schema can say. */
export const TokenForm = z.object({
  grant_type: z.literal('client_credentials'),
  client_assertion_type: z.literal(CLIENT_ASSERTION_TYPE),
  client_assertion: z.string(),
  resource: z.union([z.string(), z.array(z.string()).max(MAX_RESOURCES)]).optional(),
})
