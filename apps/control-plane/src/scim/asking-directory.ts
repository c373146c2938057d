import { createParamDecorator } from '@nestjs/common'
import type { ExecutionContext } from '@nestjs/common'
import type { RimRequest } from '../http/request.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { notThere } from './scim-error.ts'

/** The transaction of the tenant whose directory asks, and the id of that directory. */
export type FromDirectory = { readonly db: TenantDb; readonly directory: string }

/** @throws 404 where the path names another tenant than the token */
export const AskingDirectory = createParamDecorator(
  (_: unknown, context: ExecutionContext): FromDirectory => {
    const { db, admission, params } = context.switchToHttp().getRequest<RimRequest>()
    if (!db || admission?.by.kind !== 'directory') throw new Error('this route is not a route of directories')
    const slug: unknown = typeof params === 'object' && params !== null ? Reflect.get(params, 'slug') : null
    if (slug !== db.tenant.slug) throw notThere()
    return { db, directory: admission.by.id }
  },
)
