import { Catch, Injectable } from '@nestjs/common'
import type { ArgumentsHost } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { problemBehind, ProblemFilter } from '../http/problem.filter.ts'
import { ScimError } from './scim-error.ts'

const ERROR = 'urn:ietf:params:scim:api:messages:2.0:Error'

/** Says what went wrong in the form that directories read. What is no fault of theirs stays as it is everywhere. */
@Catch()
@Injectable()
export class ScimFilter extends ProblemFilter {
  override catch(error: unknown, host: ArgumentsHost): void {
    const said = scimErrorBehind(error)
    // oxlint-disable-next-line promise/valid-params -- of a filter, not of a promise
    if (!said) return super.catch(error, host)
    const { status, scimType, message: detail } = said
    const body = { schemas: [ERROR], status: String(status), ...(scimType !== null && { scimType }), detail }
    void host
      .switchToHttp()
      .getResponse<FastifyReply>()
      .status(status)
      .headers({ 'content-type': 'application/scim+json', 'cache-control': 'no-store' })
      .send(Buffer.from(JSON.stringify(body)))
  }
}

function scimErrorBehind(error: unknown): ScimError | null {
  if (error instanceof ScimError) return error
  const problem = problemBehind(error)?.problem
  if (!problem || problem.status === 401) return null
  const { status, title, detail = title } = problem
  return new ScimError(status, status === 409 ? 'uniqueness' : null, detail)
}
