import { Injectable } from '@nestjs/common'
import { sealHeartbeat } from '@writ/bundle'
import type { BundleChange } from '@writ/contracts'
import { PlatformQueries } from '@writ/postgres'
import { Clock } from '../clock.ts'
import { Faults } from '../faults.ts'
import { BundleKeys } from './bundle-keys.ts'
import { BundleOutlet } from './bundle-outlet.ts'

const PENDING_LIMIT = 50
/** As many heads are published again until what is more urgent has its turn. */
const HEADS_AT_ONCE = 50

/** The single steps of publishing. */
@Injectable()
export class Publication {
  // oxlint-disable-next-line max-params -- injected
  constructor(
    private readonly clock: Clock,
    private readonly platform: PlatformQueries,
    private readonly keys: BundleKeys,
    private readonly outlet: BundleOutlet,
    private readonly faults: Faults,
  ) {}

  /** @returns whether there may be more */
  async publishPending(): Promise<boolean> {
    const pending = await this.platform.pendingOutbox(PENDING_LIMIT)
    // The newest head of a tenant covers all its older versions.
    for (const change of newestByTenant(pending)) await this.#publishOrWithdraw(change)
    if (pending.length > 0) await this.platform.markPublished(pending.map(({ seq }) => seq))
    return pending.length === PENDING_LIMIT
  }

  /**
   * Publishes again every head that is not where it should be, as after a flush or a failover.
   * @param mayGoOn asked now and then: what is more urgent has its turn in it
   */
  async reconcile(mayGoOn: () => Promise<boolean>): Promise<void> {
    const { published } = await this.platform.feedPosition()
    const heads = await this.platform.bundleVersions()
    const there = await this.outlet.versionsOf(heads.map(({ slug }) => slug))
    const behind = heads.filter(({ version }, at) => (there[at] ?? 0) < version)
    for (const [at, { slug, version }] of behind.entries()) {
      if (at % HEADS_AT_ONCE === 0 && !(await mayGoOn())) return
      await this.#publishOrWithdraw({ tenant: slug, version, seq: published })
    }
  }

  /** Says, signed, that everything up to here is published and that somebody still watches. */
  async beat(): Promise<void> {
    const { published } = await this.platform.feedPosition()
    const issuedAt = new Date(this.clock.nowMs()).toISOString()
    const heartbeat = { format: 'writ.heartbeat.v1', issuedAt, seq: published } as const
    await this.outlet.beat(await sealHeartbeat(heartbeat, this.keys.signer))
  }

  /**
   * What does not go out for one tenant holds up no other: gateways hear of it and ask for it here, until the reconciler gets it out.
   * @throws where that fails too: then it is no matter of one tenant
   */
  async #publishOrWithdraw(change: BundleChange): Promise<void> {
    try {
      await this.#publishHead(change)
    } catch (error) {
      await this.outlet.withdraw(change)
      this.faults.report(`the bundle of ${change.tenant} could not be published; it is tried again`, error)
    }
  }

  async #publishHead({ tenant, version, seq }: BundleChange): Promise<void> {
    const head = await this.platform.bundleBySlug(tenant)
    if (!head) return this.outlet.withdraw({ tenant, version, seq })
    const outcome = await this.outlet.publish({ tenant, version: head.version, seq, jws: head.signed })
    if (outcome === 'mended')
      this.faults.report(
        `in Redis something else stood where the bundle of ${tenant} is published; it was replaced`,
        null,
      )
  }
}

const newestByTenant = (pending: readonly BundleChange[]): Iterable<BundleChange> =>
  new Map(pending.map((change) => [change.tenant, change])).values()
