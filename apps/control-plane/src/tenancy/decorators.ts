import { createParamDecorator } from '@nestjs/common'
import type { ExecutionContext } from '@nestjs/common'
import type { DeviceRow, NodeRow } from '@writ/postgres'
import type { RimRequest } from '../http/request.ts'
import type { Admission, By } from './admission.ts'
import type { TenantDb } from './tenant-db.ts'

/** The open transaction of the tenant that the request was let in to. */
export const Db = createParamDecorator((_: unknown, context: ExecutionContext): TenantDb => {
  const { db } = context.switchToHttp().getRequest<RimRequest>()
  if (!db) throw new Error('this route is not a route of a tenant')
  return db
})

/** Who asked: who did what is done now. */
export const AskedWith = createParamDecorator((_: unknown, context: ExecutionContext): By => {
  const { admission } = context.switchToHttp().getRequest<RimRequest>()
  if (!admission) throw new Error('this route is not a route of a tenant')
  return admission.by
})

/** What whoever asked may do, and whose things. */
export const Admitted = createParamDecorator((_: unknown, context: ExecutionContext): Admission => {
  const { admission } = context.switchToHttp().getRequest<RimRequest>()
  if (!admission) throw new Error('this route is not a route of a tenant')
  return admission
})

/** The gateway that signed the request. */
export const SignedBy = createParamDecorator((_: unknown, context: ExecutionContext): NodeRow => {
  const { node } = context.switchToHttp().getRequest<RimRequest>()
  if (!node) throw new Error('this route is not a route of nodes')
  return node
})

/** The device that signed the request: of the tenant that the path names. */
export const OfDevice = createParamDecorator((_: unknown, context: ExecutionContext): DeviceRow => {
  const { device } = context.switchToHttp().getRequest<RimRequest>()
  if (!device) throw new Error('this route is not a route of devices')
  return device
})
