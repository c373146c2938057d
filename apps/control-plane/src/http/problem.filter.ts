import { Catch, HttpException } from '@nestjs/common'
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common'
import type { Problem } from '@writ/contracts'
import { TenantBusy } from '@writ/postgres'
import type { FastifyReply } from 'fastify'
import { OAuthError } from '../authority/oauth-error.ts'
import { codeOf, isServerAway, LIMIT_REACHED, memberOf, UNIQUE_VIOLATION } from '../error-code.ts'
import { Faults } from '../faults.ts'
import { badRequest, conflict, notFound, overLimit, ProblemError, unavailable } from './problem.ts'
import { UnreadableJson } from './read-json.ts'

/** The one place where an error becomes HTTP. What it does not know is a bug: logged here, and a bare 500 outside. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly faults: Faults) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>()
    if (error instanceof OAuthError) return answerOAuth(error, reply)
    answerProblem(problemBehind(error) ?? this.#unexpected(error), reply)
  }

  #unexpected(error: unknown): ProblemError {
    this.faults.report('a request ended in an unexpected error', error)
    return new ProblemError({ title: 'Internal Server Error', status: 500 })
  }
}

/** Also for errors that Fastify finds before a route is known. */
export function answerProblem({ problem, headers }: ProblemError, reply: FastifyReply): void {
  void reply
    .status(problem.status)
    .headers({ ...headers, 'content-type': 'application/problem+json', 'cache-control': 'no-store' })
    // As bytes: Fastify would add a charset, which these media types do not have.
    .send(Buffer.from(JSON.stringify(problem satisfies Problem)))
}

// RFC 6749 §5.2 wants its own form from the token endpoint.
function answerOAuth(error: OAuthError, reply: FastifyReply): void {
  void reply
    .status(error.status)
    .headers({ ...error.headers, 'content-type': 'application/json', 'cache-control': 'no-store' })
    .send(Buffer.from(JSON.stringify({ error: error.code, error_description: error.description })))
}

export function problemBehind(error: unknown): ProblemError | null {
  if (error instanceof ProblemError) return error
  const busy = busyBehind(error)
  if (busy) return busy
  if (error instanceof UnreadableJson) return badRequest(error.message)
  // Names are unique within a tenant, so this tells nothing of another.
  if (codeOf(error) === UNIQUE_VIOLATION) return conflict('something with this name exists already')
  const full = limitBehind(error)
  if (full) return overLimit(full.limit, full.value)
  const status = statusOf(error)
  if (status === 404) return notFound()
  return status !== null && status >= 400 && status < 500 ? plainProblem(status) : null
}

/** What may pass by itself: trying again is what there is to do. */
function busyBehind(error: unknown): ProblemError | null {
  if (error instanceof TenantBusy) return unavailable(error.message)
  return isServerAway(error) ? unavailable('a server that this needs does not answer') : null
}

/** What a trigger of the database says when a tenant has as much of something as it may. */
function limitBehind(error: unknown): { limit: string; value: number } | null {
  if (codeOf(error) !== LIMIT_REACHED) return null
  const [limit = '', value = ''] = String(memberOf(error, 'detail')).split(' ')
  return { limit, value: Number(value) }
}

const TITLES: Readonly<Record<number, string>> = {
  405: 'Method Not Allowed',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  431: 'Request Header Fields Too Large',
}

const plainProblem = (status: number): ProblemError =>
  new ProblemError({ title: TITLES[status] ?? 'Bad Request', status: TITLES[status] ? status : 400 })

function statusOf(error: unknown): number | null {
  if (error instanceof HttpException) return error.getStatus()
  const status = memberOf(error, 'statusCode')
  return typeof status === 'number' ? status : null
}
