import type { OutletId, TenantId } from '@writ/contracts'
import type { DataSource } from 'typeorm'
import { sourceOf } from './data-source.ts'
import type { Database } from './data-source.ts'

/** An outlet that has something to do. */
export type DueOutlet = { readonly tenantId: TenantId; readonly slug: string; readonly id: OutletId }

/** How outlets of one kind stand, over all tenants. */
export type OutletStanding = {
  readonly kind: string
  readonly state: 'paused' | 'failing' | 'delivering'
  readonly outlets: number
  /** records that wait, of all of them together */
  readonly lag: number
  readonly deadLetters: number
}

/** What is asked of the outlets of all tenants; their rows are reached through a TenantScope. */
export class OutletQueries {
  readonly #source: DataSource

  constructor(database: Database) {
    this.#source = sourceOf(database)
  }

  /** Those that nobody holds, longest waiting first. @param ofEach at most so many of one tenant */
  async due(
    kinds: readonly string[],
    { ofEach, most }: { readonly ofEach: number; readonly most: number },
  ): Promise<DueOutlet[]> {
    return this.#source.query(
      'select tenant_id as "tenantId", slug, outlet_id as id from app.due_outlets($1, $2, $3)',
      [kinds, ofEach, most],
    )
  }

  /** Tenants of which an outlet of the operator is not there yet. */
  async tenantsWithout(
    kind: string,
    most: number,
  ): Promise<{ readonly tenantId: TenantId; readonly slug: string }[]> {
    return this.#source.query(
      'select tenant_id as "tenantId", slug from app.tenants_without_outlet($1, $2)',
      [kind, most],
    )
  }

  async standing(): Promise<OutletStanding[]> {
    return this.#source.query(
      `select kind, state, outlets::float8 as outlets, lag::float8 as lag, dead_letters::float8 as "deadLetters"
         from app.outlet_standing()`,
    )
  }
}
