import { Injectable } from '@nestjs/common'
import { PlatformQueries, treeStoreOf } from '@writ/postgres'
import type { TreeStore } from '@writ/postgres'
import type { EntityManager } from 'typeorm'
import type { Tenant } from '../tenancy/admission.ts'
import { Tenancy } from '../tenancy/tenancy.ts'

/** A tenant's log, or the one over all of them. */
export type Log = Tenant | 'global'

export type Rows = { readonly store: TreeStore; readonly manager: EntityManager }

/** The rows of a log, each time in a transaction of its own. */
@Injectable()
export class LogRows {
  constructor(
    private readonly tenancy: Tenancy,
    private readonly platform: PlatformQueries,
  ) {}

  in<T>(log: Log, work: (rows: Rows) => Promise<T>): Promise<T> {
    return log === 'global'
      ? this.platform.global((manager) => work({ manager, store: treeStoreOf(manager, 'global') }))
      : this.tenancy.run(log, ({ manager }) => work({ manager, store: treeStoreOf(manager, 'tenant') }))
  }
}
