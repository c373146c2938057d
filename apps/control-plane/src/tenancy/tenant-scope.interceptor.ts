import { Injectable } from '@nestjs/common'
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common'
import { Reflector } from '@nestjs/core'
import { from, lastValueFrom } from 'rxjs'
import type { Observable } from 'rxjs'
import { forbidden } from '../http/problem.ts'
import type { RimRequest } from '../http/request.ts'
import { Access, WhileSuspended } from './access.ts'
import type { Admission } from './admission.ts'
import { Tenancy } from './tenancy.ts'

/** One request of a tenant is one transaction of that tenant: it commits before the answer goes out, or changes nothing. */
@Injectable()
export class TenantScopeInterceptor implements NestInterceptor {
  constructor(
    private readonly tenancy: Tenancy,
    private readonly reflector: Reflector,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<RimRequest>()
    const { admission } = request
    if (!admission) return next.handle()
    const answer = this.tenancy.runById(admission.tenantId, async (db, isSuspended) => {
      if (isSuspended && !this.#staysOpen(context, admission)) throw forbidden('this tenant is suspended')
      request.db = db
      return lastValueFrom(next.handle(), { defaultValue: undefined })
    })
    return from(answer)
  }

  /**
   * A suspended tenant is open to its owners, who read it, resume it or end it, and to its directory: a directory says once who has left,
   * and takes a refusal for an answer.
   */
  #staysOpen(context: ExecutionContext, { roles }: Admission): boolean {
    const places = [context.getHandler(), context.getClass()]
    const level = this.reflector.getAllAndOverride(Access, places)
    if (level === 'directory') return true
    const isOpen = /\.(read|export)$/.test(level) || this.reflector.getAllAndOverride(WhileSuspended, places)
    return isOpen && roles.includes('owner')
  }
}
