import { Injectable } from '@nestjs/common'
import { sealHeartbeat } from '@writ/bundle'
import { PlatformQueries } from '@writ/postgres'
import type { PendingChange } from '@writ/postgres'
import { Clock } from '../clock.ts'
import { BundleKeys } from './bundle-keys.ts'
import { BundleOutlet } from './bundle-outlet.ts'

const PENDING_LIMIT = 200

/** The single steps of publishing. */
@Injectable()
export class Publication {
  constructor(
    private readonly clock: Clock,
    private readonly platform: PlatformQueries,
    private readonly keys: BundleKeys,
    private readonly outlet: BundleOutlet,
  ) {}

  /** @returns whether there may be more */
  async publishPending(): Promise<boolean> {
    const pending = await this.platform.pendingOutbox(PENDING_LIMIT)
    // The newest head of a tenant covers all its older versions.
    for (const change of newestByTenant(pending)) await this.#publishHead(change)
    if (pending.length > 0) await this.platform.markPublished(pending.map(({ seq }) => seq))
    return pending.length === PENDING_LIMIT
  }

  /** Publishes again every head that is not where it should be, as after a flush or a failover. */
  async reconcile(): Promise<void> {
    const { published } = await this.platform.feedPosition()
    for (const { slug, version, signed } of await this.platform.bundleHeads()) {
      const there = (await this.outlet.versionOf(slug)) ?? 0
      if (there < version) await this.outlet.publish({ tenant: slug, version, seq: published, jws: signed })
    }
  }

  /** Says, signed, that everything up to here is published and that somebody still watches. */
  async beat(): Promise<void> {
    const { published } = await this.platform.feedPosition()
    const issuedAt = new Date(this.clock.nowMs()).toISOString()
    const heartbeat = { format: 'writ.heartbeat.v1', issuedAt, seq: published } as const
    await this.outlet.beat(await sealHeartbeat(heartbeat, this.keys.signer))
  }

  async #publishHead({ tenant, version, seq }: PendingChange): Promise<void> {
    const head = await this.platform.bundleBySlug(tenant)
    if (!head) await this.outlet.withdraw({ tenant, version, seq })
    else await this.outlet.publish({ tenant, version: head.version, seq, jws: head.signed })
  }
}

const newestByTenant = (pending: readonly PendingChange[]): Iterable<PendingChange> =>
  new Map(pending.map((change) => [change.tenant, change])).values()
