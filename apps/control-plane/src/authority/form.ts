import { CLIENT_ASSERTION_TYPE, ToolAuthorizations } from '@writ/contracts'
import { OAuthError } from './oauth-error.ts'

const MAX_RESOURCES = 10
const MAX_DETAILS = 32 * 1024

/** The parameters of one request, read strictly: none of them twice, and an empty one is none (RFC 6749 §3.1, §3.2). */
export class Parameters {
  readonly #entries: URLSearchParams

  constructor(entries: URLSearchParams) {
    this.#entries = entries
  }

  /** @throws OAuthError invalid_request */
  only(name: string): string {
    const value = this.optional(name)
    if (value === null) throw invalid(`${name} is missing`)
    return value
  }

  /** @throws OAuthError invalid_request where it is there more than once */
  optional(name: string): string | null {
    const [value, second] = this.#entries.getAll(name)
    if (second !== undefined) throw invalid(`${name} is there more than once`)
    return value === undefined || value === '' ? null : value
  }

  /** RFC 8707 §2: the one parameter that may stand several times. @throws OAuthError */
  resources(): readonly string[] {
    const resources = this.#entries.getAll('resource')
    if (resources.length > MAX_RESOURCES) throw invalid('too many resource parameters')
    return resources
  }

  /** What is asked for; null: everything. @throws OAuthError invalid_authorization_details (RFC 9396 §5) */
  authorizations(): ToolAuthorizations | null {
    const text = this.optional('authorization_details')
    if (text === null) return null
    const read = text.length > MAX_DETAILS ? null : ToolAuthorizations.safeParse(parsed(text))
    if (!read?.success)
      throw new OAuthError('invalid_authorization_details', 'authorization_details are not of type writ_tool')
    return read.data
  }

  /** There is one scope. @throws OAuthError invalid_scope */
  requireScope(scope: string): void {
    const asked = this.optional('scope')
    if (asked !== null && asked !== scope) throw new OAuthError('invalid_scope', `the only scope is ${scope}`)
  }

  /** @throws OAuthError */
  assertion(): string {
    if (this.only('client_assertion_type') !== CLIENT_ASSERTION_TYPE)
      throw invalid(`client_assertion_type must be ${CLIENT_ASSERTION_TYPE}`)
    return this.only('client_assertion')
  }
}

/** @throws OAuthError where the body is no form */
export function formOf(body: unknown): Parameters {
  if (!(body instanceof URLSearchParams)) throw invalid('the body must be application/x-www-form-urlencoded')
  return new Parameters(body)
}

export const invalid = (description: string): OAuthError => new OAuthError('invalid_request', description)

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
