import { createParamDecorator } from '@nestjs/common'
import type { ExecutionContext } from '@nestjs/common'
import type { NodeRow } from '@writ/postgres'
import type { RimRequest } from '../http/request.ts'
import type { TenantDb } from './tenant-db.ts'

/** The open transaction of the tenant whose API key came with the request. */
export const Db = createParamDecorator((_: unknown, context: ExecutionContext): TenantDb => {
  const { db } = context.switchToHttp().getRequest<RimRequest>()
  if (!db) throw new Error('this route is not a route of a tenant')
  return db
})

/** The id of the API key that came with the request: who did what is done now. */
export const AskedWith = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const { admission } = context.switchToHttp().getRequest<RimRequest>()
  if (!admission) throw new Error('this route is not a route of a tenant')
  return admission.apiKey
})

/** The gateway that signed the request. */
export const SignedBy = createParamDecorator((_: unknown, context: ExecutionContext): NodeRow => {
  const { node } = context.switchToHttp().getRequest<RimRequest>()
  if (!node) throw new Error('this route is not a route of nodes')
  return node
})
