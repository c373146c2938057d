import type { DeviceRow, NodeRow } from '@writ/postgres'
import type { FastifyRequest } from 'fastify'
import type { Admission } from '../tenancy/admission.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/** @throws 401 */
export type Seal = (rawBody: Uint8Array) => void

/** A request with what the rim found out about it. */
export type RimRequest = FastifyRequest & {
  /** the body exactly as it came, for signatures over it */
  rawBody?: Uint8Array
  /** set before the body is read: refuses one that is not what the sender signed, before anything is parsed */
  seal?: Seal
  /** set by the guard on routes of a tenant */
  admission?: Admission
  /** set by the interceptor, for as long as the tenant's transaction is open */
  db?: TenantDb
  /** set by the guard on routes of gateways */
  node?: NodeRow
  /** set by the guard on routes of devices */
  device?: DeviceRow
  /** set by the guard on the check of a domain: the TXT records where its proof belongs */
  txt?: readonly string[]
}

/** The tenant that the path names; empty where it names none. */
export function slugOf({ params }: RimRequest): string {
  const slug: unknown =
    typeof params === 'object' && params !== null ? Reflect.get(params, 'slug') : undefined
  return typeof slug === 'string' ? slug : ''
}
