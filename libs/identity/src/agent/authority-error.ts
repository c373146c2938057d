import { z } from 'zod'
import { readJson } from './read-json.ts'

/** The authority did not give what was asked for. `error` is its OAuth error code or the status where it gave none. */
export class AuthorityError extends Error {
  override readonly name = 'AuthorityError'
  readonly status: number
  readonly error: string

  constructor(status: number, error: string, description: string) {
    super(description)
    this.status = status
    this.error = error
  }
}

const OAuthFailure = z.object({ error: z.string(), error_description: z.string().optional() })
const ProblemFailure = z.object({ title: z.string(), detail: z.string().optional() })

/** Reads the OAuth error (RFC 6749 §5.2) or the problem (RFC 9457) in an answer. */
export async function authorityErrorOf(response: Response): Promise<AuthorityError> {
  const body = await readJson(response).catch(() => null)
  const oauth = OAuthFailure.safeParse(body)
  if (oauth.success) {
    const { error, error_description: description = error } = oauth.data
    return new AuthorityError(response.status, error, description)
  }
  const problem = ProblemFailure.safeParse(body)
  const text = problem.success
    ? (problem.data.detail ?? problem.data.title)
    : `HTTP status ${response.status}`
  return new AuthorityError(response.status, String(response.status), text)
}
