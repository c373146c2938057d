import { Injectable } from '@nestjs/common'
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common'
import { from, lastValueFrom } from 'rxjs'
import type { Observable } from 'rxjs'
import type { RimRequest } from '../http/request.ts'
import { Tenancy } from './tenancy.ts'

/** One request of a tenant is one transaction of that tenant: it commits before the answer goes out, or changes nothing. */
@Injectable()
export class TenantScopeInterceptor implements NestInterceptor {
  constructor(private readonly tenancy: Tenancy) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<RimRequest>()
    if (!request.admission) return next.handle()
    const answer = this.tenancy.runById(request.admission.tenantId, async (db) => {
      request.db = db
      return lastValueFrom(next.handle(), { defaultValue: undefined })
    })
    return from(answer)
  }
}
