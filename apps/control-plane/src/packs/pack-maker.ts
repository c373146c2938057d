import { Injectable } from '@nestjs/common'
import { PlatformQueries } from '@writ/postgres'
import type { PackToWork } from '@writ/postgres'
import { CommitWatch } from '../bundles/commit-watch.ts'
import { Clock } from '../clock.ts'
import { Faults } from '../faults.ts'
import { LeaderLoop } from '../leader-loop.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import { PackLease } from './lease.ts'
import { PackMaking } from './pack-making.ts'
import { endPack, packById } from './store.ts'
import { PackImpossible, PackInterrupted } from './work.ts'

const LOOK_AGAIN_MS = 1000
const AT_ONCE = 100
/** Tenants whose packs are made at the same time: a long one does not hold up every other. */
const MOST_TENANTS = 2
/** A pack that failed, or whose maker died, so often is not begun again. */
const MOST_ATTEMPTS = 3
const RETRY_MS = 5000

/**
 * Makes the packs that are asked for, and removes files whose time is over, from the one control plane that leads. Each pack is leased
 * besides: one that lost the lead in the middle writes nothing more.
 */
@Injectable()
export class PackMaker extends LeaderLoop {
  readonly #making = new Map<string, Promise<void>>()

  // oxlint-disable-next-line max-params -- injected
  constructor(
    watch: CommitWatch,
    private readonly faults: Faults,
    private readonly clock: Clock,
    private readonly platform: PlatformQueries,
    private readonly tenancy: Tenancy,
    private readonly packs: PackMaking,
  ) {
    super(watch, faults, {
      failure: 'looking for packs failed',
      retryMs: LOOK_AGAIN_MS,
      wakesAtCommits: false,
    })
  }

  protected override async round(): Promise<number> {
    for (const pack of inTurn(await this.platform.packsToWork(AT_ONCE))) {
      if (pack.isOver) await this.#expire(pack)
      else if (this.#making.size < MOST_TENANTS && !this.#making.has(pack.tenantId)) this.#begin(pack)
    }
    return LOOK_AGAIN_MS
  }

  override async beforeApplicationShutdown(): Promise<void> {
    await super.beforeApplicationShutdown()
    await Promise.all(this.#making.values())
  }

  #begin(pack: PackToWork): void {
    const work = this.#make(pack)
      .catch((error: unknown) =>
        this.faults.report('a pack could not be given back; it is made anew later', error),
      )
      .finally(() => this.#making.delete(pack.tenantId))
    this.#making.set(pack.tenantId, work)
  }

  async #make({ tenantId, slug, id }: PackToWork): Promise<void> {
    const tenant = { id: tenantId, slug }
    const lease = new PackLease(this.clock, this.tenancy, { tenant, id }, () => this.isStopped)
    if (!(await lease.take())) return
    const attempts = await lease.inTenant(async (db) => (await packById(db, id))?.attempts ?? 0)
    if (attempts > MOST_ATTEMPTS)
      return lease.fail('it was begun several times and never came to an end: ask for less at once')
    try {
      await this.packs.make(lease, id)
    } catch (error) {
      await this.#giveBack(lease, error)
    }
  }

  async #giveBack(lease: PackLease, error: unknown): Promise<void> {
    if (error instanceof PackImpossible) return lease.fail(error.message)
    const isOurs = !(error instanceof PackInterrupted)
    if (isOurs) this.faults.report('a pack could not be made; it is tried again', error)
    // Of one that was cancelled, or that another control plane makes, there is nothing to give back.
    await lease.release(isOurs ? RETRY_MS : 0, isOurs).catch((failure: unknown) => {
      if (!(failure instanceof PackInterrupted)) throw failure
    })
  }

  async #expire({ tenantId, slug, id }: PackToWork): Promise<void> {
    await this.tenancy.run({ id: tenantId, slug }, (db) => endPack(db, id, 'expired'))
  }
}

/** The oldest request first, whichever tenant it is of: ids begin with their time. */
export const inTurn = (packs: readonly PackToWork[]): PackToWork[] =>
  packs.toSorted((a, b) => (a.id < b.id ? -1 : 1))
