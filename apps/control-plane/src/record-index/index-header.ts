import { Injectable } from '@nestjs/common'
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { tap } from 'rxjs'
import type { Observable } from 'rxjs'
import type { RimRequest } from '../http/request.ts'
import { RecordSearch } from './record-search.ts'
import type { Answered } from './record-search.ts'

/**
 * Says who answered the desk, and how far the index had read, as a dictionary (RFC 9651): `by=index, read-to=120, size=123`, or
 * `by=ledger, reason=behind, read-to=10, size=9000`. Where no index is set there is no such header.
 */
@Injectable()
export class IndexHeader implements NestInterceptor {
  constructor(private readonly search: RecordSearch) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp()
    return next.handle().pipe(
      tap(() => {
        const { db } = http.getRequest<RimRequest>()
        const answered = db ? this.search.answeredOf(db) : null
        if (answered) void http.getResponse<FastifyReply>().header('writ-index', headerOf(answered))
      }),
    )
  }
}

const headerOf = ({ by, reason, readTo, size }: Answered): string =>
  [
    `by=${by}`,
    ...(reason === null ? [] : [`reason=${reason}`]),
    ...(readTo === null ? [] : [`read-to=${readTo}`]),
    ...(size === null ? [] : [`size=${size}`]),
  ].join(', ')
