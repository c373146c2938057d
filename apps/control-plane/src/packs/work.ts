import type { PackId, PackKind, PackQuery } from '@writ/contracts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import type { Runs } from './runs.ts'

/** What a pack is of, once it is known. Leaves `[from, to)` of the tree of `treeSize` leaves. */
export type PackPlan = {
  readonly id: PackId
  readonly kind: PackKind
  readonly query: PackQuery
  readonly from: number
  readonly to: number
  readonly treeSize: number
  readonly disclosed: boolean
  /** leaves of the rows; null: all of the range */
  readonly leaves: Runs | null
}

/** Where a pack is made: transactions of its tenant, and whoever waits for it. */
export type PackWork = {
  readonly inTenant: <T>(work: (db: TenantDb) => Promise<T>) => Promise<T>
  /** Tells how far it is. @throws PackInterrupted when it is not to be made here any more */
  readonly tell: (step: string, done: number, total: number | null) => Promise<void>
}

/** It is made elsewhere, was cancelled, or this control plane stops. */
export class PackInterrupted extends Error {
  override readonly name = 'PackInterrupted'
}

/** It cannot be made, and trying again would not help; the message is for whoever asked. */
export class PackImpossible extends Error {
  override readonly name = 'PackImpossible'
}

export const rowsIn = ({ from, to, leaves }: PackPlan): number => leaves?.count ?? to - from
