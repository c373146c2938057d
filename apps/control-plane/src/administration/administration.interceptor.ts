import { Injectable } from '@nestjs/common'
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common'
import { Reflector } from '@nestjs/core'
import { from, lastValueFrom } from 'rxjs'
import type { Observable } from 'rxjs'
import type { RimRequest } from '../http/request.ts'
import { Access } from '../tenancy/access.ts'
import type { AccessLevel } from '../tenancy/access.ts'
import type { By } from '../tenancy/admission.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { Administrations } from './administrations.ts'
import { Views } from './views.ts'
import type { View } from './views.ts'

type Change = {
  readonly db: TenantDb
  readonly by: By
  readonly request: RimRequest
  readonly permission: AccessLevel
  readonly view: View | null
}

/** Records every request that changes a tenant, in the transaction of the change: who, what, and how it looked before and after. */
@Injectable()
export class AdministrationInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly administrations: Administrations,
    private readonly views: Views,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<RimRequest>()
    const permission = this.reflector.getAllAndOverride(Access, [context.getHandler(), context.getClass()])
    const { admission, db } = request
    if (!admission || !db || request.method === 'GET' || isReading(permission)) return next.handle()
    const change = { db, by: admission.by, request, permission, view: this.views.of(context) }
    return from(this.#recorded(change, next))
  }

  async #recorded(change: Change, next: CallHandler): Promise<unknown> {
    const { db, by, request, permission, view } = change
    const parameters = parametersOf(request)
    const look = () => (view === null ? Promise.resolve(null) : view(db, parameters['id']))
    const before = await look()
    const answer: unknown = await lastValueFrom(next.handle(), { defaultValue: undefined })
    await this.administrations.record(db, {
      permission,
      route: routeOf(request),
      by,
      target: Object.values(parameters).join('/') || idOf(answer),
      before,
      after: answer === undefined || answer === null ? await look() : answer,
    })
    return answer
  }
}

/** Asking with a body changes nothing. */
const isReading = (permission: AccessLevel): boolean => /\.(read|export)$/.test(permission)

const routeOf = ({ method, routeOptions: { url = '' } }: RimRequest): string =>
  `${method} ${url.replaceAll(/:(\w+)/g, '{$1}')}`

const parametersOf = ({ params }: RimRequest): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(typeof params === 'object' ? (params ?? {}) : {}).map(([name, value]) => [
      name,
      String(value),
    ]),
  )

function idOf(answer: unknown): string | null {
  const id: unknown = typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'id') : null
  return typeof id === 'string' ? id : null
}
