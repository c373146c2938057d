import { AsyncLocalStorage } from 'node:async_hooks'
import type { TenantId } from '@writ/contracts'
import type { EntityManager } from 'typeorm'
import { sourceOf } from './data-source.ts'
import type { Database } from './data-source.ts'
import { createTurns } from './turns.ts'
import type { TurnLimits } from './turns.ts'

/** The only way to tenant tables. An abstract class, so that Nest can inject it by its name. */
export abstract class TenantScope {
  /**
   * Runs `work` in one transaction that sees and writes the rows of one tenant. Inside another run of the same tenant it joins
   * that transaction.
   * @throws TenantBusy when too much of the tenant waits; when it is called inside a run of another tenant, or whatever `work` throws (the transaction is then rolled back)
   */
  abstract run<T>(tenantId: TenantId, work: (manager: EntityManager) => Promise<T>): Promise<T>
}

/** `within`: the run of another scope, on another database, that this one is inside of. */
type Run = {
  readonly scope: object
  readonly tenantId: TenantId
  readonly manager: EntityManager
  readonly within: Run | undefined
  isOver: boolean
}

/** One for all scopes: whatever a process makes of these it pays for with every promise from then on. */
const RUNS = new AsyncLocalStorage<Run>()

/** Of a pool of 20 connections: two tenants that take all they may leave some to everyone else. */
const LIMITS: TurnLimits = { atOnce: 8, waiting: 1024 }

export function createTenantScope(database: Database, limits: TurnLimits = LIMITS): TenantScope {
  const source = sourceOf(database)
  const turns = createTurns(limits)
  const scope: TenantScope = {
    run: (tenantId, work) => {
      const within = RUNS.getStore()
      const outer = runOf(scope, within)
      if (outer !== undefined && !outer.isOver) return join(outer, tenantId, work)
      const transaction = () =>
        source.transaction(async (manager) => {
          // Local to the transaction: it cannot reach the next user of the connection.
          await manager.query(`select set_config('app.tenant_id', $1, true)`, [tenantId])
          const run: Run = { scope, tenantId, manager, within, isOver: false }
          try {
            return await RUNS.run(run, () => work(manager))
          } finally {
            run.isOver = true
          }
        })
      return turns.take(tenantId, transaction)
    },
  }
  return scope
}

function runOf(scope: object, run: Run | undefined): Run | undefined {
  return run === undefined || run.scope === scope ? run : runOf(scope, run.within)
}

async function join<T>(
  outer: Run,
  tenantId: TenantId,
  work: (manager: EntityManager) => Promise<T>,
): Promise<T> {
  if (outer.tenantId !== tenantId) throw new Error('a transaction of one tenant cannot open another tenant')
  return work(outer.manager)
}
