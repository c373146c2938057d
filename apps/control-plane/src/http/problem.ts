import type { Problem } from '@writ/contracts'

/** An answer that is not a success, as RFC 9457 says it. Thrown by services, turned into HTTP by the one filter. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly problem: Problem
  readonly headers: Readonly<Record<string, string>>

  constructor(problem: Omit<Problem, 'type'>, headers: Readonly<Record<string, string>> = {}) {
    super(problem.title)
    this.problem = { type: 'about:blank', ...problem }
    this.headers = headers
  }
}

/** Also the answer for another tenant's things: that something exists elsewhere is nobody's business. */
export const notFound = () =>
  new ProblemError({ title: 'Not Found', status: 404, detail: 'there is nothing here' })

export const badRequest = (detail: string, errors?: Problem['errors']) =>
  new ProblemError({ title: 'Bad Request', status: 400, detail, ...(errors && { errors }) })

/** The form is right, and still it is not taken. */
export const unprocessable = (detail: string, errors: Problem['errors']) =>
  new ProblemError({ title: 'Unprocessable Content', status: 422, detail, ...(errors && { errors }) })

export const conflict = (detail: string) => new ProblemError({ title: 'Conflict', status: 409, detail })

/** It was here, and will not be again. */
export const gone = (detail: string) => new ProblemError({ title: 'Gone', status: 410, detail })

/** There is as much of something as there may be. */
export const overLimit = (limit: string, value: number) =>
  new ProblemError({
    title: 'Conflict',
    status: 409,
    detail: `this tenant may have ${value} of ${limit}: there is no room for more`,
    limit,
    value,
  })

export const forbidden = (detail: string) => new ProblemError({ title: 'Forbidden', status: 403, detail })

/** One answer for a missing, malformed, unknown, revoked or wrong key. */
export const unauthorized = () =>
  new ProblemError(
    { title: 'Unauthorized', status: 401, detail: 'a valid key is required' },
    { 'www-authenticate': 'Bearer' },
  )

/** Try again later: something this needs is away. */
export const unavailable = (detail: string) =>
  new ProblemError({ title: 'Service Unavailable', status: 503, detail }, { 'retry-after': '1' })
