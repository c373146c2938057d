import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { Injectable } from '@nestjs/common'
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common'
import { OutletQueries } from '@writ/postgres'
import type { DueOutlet } from '@writ/postgres'
import { createResolve } from '@writ/runtime'
import { CommitWatch } from '../bundles/commit-watch.ts'
import { Clock } from '../clock.ts'
import { Faults } from '../faults.ts'
import { newId } from '../ids-and-secrets.ts'
import { Settings } from '../settings.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { Delivery } from './delivery.ts'
import type { DeliveryPorts } from './delivery.ts'

/** Records arrive without a commit that anybody is told of; what admins ask for comes with one. */
const LOOK_AGAIN_MS = 1000
/** Outlets that one control plane delivers at once: with what each holds in memory, a bound. */
const AT_ONCE = 16
/** So many of one tenant at most. */
const OF_EACH = 4
const TENANTS_AT_ONCE = 100

type UnderWay = { readonly tenantId: string; readonly work: Promise<void> }

/**
 * Delivers the outlets of all tenants, in every control plane at once: each outlet by whoever has its lease. One that fails or is slow keeps
 * its place, and a turn; nothing waits for it.
 */
@Injectable()
export class Deliverer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #stop = new AbortController()
  readonly #underWay = new Map<string, UnderWay>()
  readonly #ports: DeliveryPorts
  #work: Promise<void> = Promise.resolve()

  // oxlint-disable-next-line max-params -- injected
  constructor(
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly faults: Faults,
    private readonly queries: OutletQueries,
    private readonly tenancy: Tenancy,
    private readonly delivery: Delivery,
    private readonly watch: CommitWatch,
  ) {
    const { signal } = this.#stop
    this.#ports = {
      way: { reach: settings.outletReach, resolve: createResolve(), signal },
      files: settings.outletFiles,
      stdout: process.stdout,
      holder: randomUUID(),
      random: () => Math.random(),
    }
  }

  onApplicationBootstrap(): void {
    this.#work = this.#run()
  }

  /** What is under way is cut off; its receiver gets it again, under the same ids, from whoever comes next. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#stop.abort()
    await this.#work
    await Promise.all(this.#works())
  }

  async #run(): Promise<void> {
    const isStopped = once(this.#stop.signal, 'abort')
    while (!this.#stop.signal.aborted) {
      const { count } = this.watch
      const isMore = await this.#round().catch((error: unknown) => {
        this.faults.report('looking for outlets failed; it is tried again', error)
        return false
      })
      const rest = Promise.race([this.watch.changedSince(count, LOOK_AGAIN_MS), isStopped])
      await (isMore ? Promise.race([rest, ...this.#works()]) : rest)
    }
  }

  /** @returns whether others wait for a turn */
  async #round(): Promise<boolean> {
    for (const target of this.settings.operatorOutlets) await this.#furnish(target)
    const free = AT_ONCE - this.#underWay.size
    if (free <= 0) return true
    // Twice as many: those of tenants that have as many under way as they may are passed over.
    const due = await this.queries.due(this.#kinds(), { ofEach: OF_EACH, most: 2 * AT_ONCE })
    const next = this.#inTurn(due).slice(0, free)
    for (const outlet of next) this.#begin(outlet)
    return next.length > 0
  }

  /** Those that are not under way, of each tenant no more than it may have besides those that are. */
  #inTurn(due: readonly DueOutlet[]): DueOutlet[] {
    const counts = new Map<string, number>()
    const enter = (tenantId: string): number => {
      const count = (counts.get(tenantId) ?? 0) + 1
      counts.set(tenantId, count)
      return count
    }
    for (const { tenantId } of this.#underWay.values()) enter(tenantId)
    return due.filter(({ id, tenantId }) => !this.#underWay.has(id) && enter(tenantId) <= OF_EACH)
  }

  #works(): Promise<void>[] {
    return [...this.#underWay.values()].map(({ work }) => work)
  }

  #begin(outlet: DueOutlet): void {
    const work = this.delivery
      .deliver(outlet, this.#ports)
      .catch((error: unknown) => this.faults.report('an outlet was not delivered; it is tried again', error))
      .finally(() => this.#underWay.delete(outlet.id))
    this.#underWay.set(outlet.id, { tenantId: outlet.tenantId, work })
  }

  #kinds(): string[] {
    return ['webhook', 'otlp', 'syslog', ...this.settings.operatorOutlets.map(({ kind }) => kind)]
  }

  /** Every tenant gets the operator's outlet, from its first record on. One that cannot keeps no outlet of others waiting. */
  async #furnish(target: Settings['operatorOutlets'][number]): Promise<void> {
    const tenants = await this.queries.tenantsWithout(target.kind, TENANTS_AT_ONCE)
    for (const { tenantId, slug } of tenants)
      await this.tenancy
        .run({ id: tenantId, slug }, (db) => this.#make(db, target))
        .catch((error: unknown) =>
          this.faults.report('an outlet of the operator was not made; it is tried again', error),
        )
  }

  #make(db: TenantDb, target: Settings['operatorOutlets'][number]): Promise<unknown> {
    const nowMs = this.clock.nowMs()
    const row = {
      id: newId('out', nowMs),
      name: `operator-${target.kind}`,
      kind: target.kind,
      target: JSON.stringify(target),
      of_operator: true,
      created_at: new Date(nowMs),
      created_by: 'operator',
    }
    return db.insert('outlets', row, 'on conflict do nothing')
  }
}
