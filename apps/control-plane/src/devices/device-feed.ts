import { Injectable } from '@nestjs/common'
import type { BundleChange, ChangesAnswer } from '@writ/contracts'
import { PlatformQueries } from '@writ/postgres'
import type { DeviceRow } from '@writ/postgres'
import { ChangeFeed } from '../bundles/change-feed.ts'
import { DeviceStanding } from './device-standing.ts'

/** The change feed as one tenant's devices see it: in the numbers of the whole feed, so that heartbeats mean the same, and with no other tenant's changes. */
@Injectable()
export class DeviceFeed {
  constructor(
    private readonly feed: ChangeFeed,
    private readonly platform: PlatformQueries,
    private readonly standing: DeviceStanding,
  ) {}

  /** Held until the tenant's bundle changes, at most that long. @throws 403, also when the device stops to count while it waits */
  changesAfter(device: DeviceRow, after: number, waitMs: number): Promise<ChangesAnswer> {
    return this.feed.changesOf(device.slug, waitMs, () => this.#look(device, after))
  }

  // The newest version covers all before it. The position comes first, as in the feed of the gateways.
  async #look(device: DeviceRow, after: number): Promise<ChangesAnswer> {
    const { committed } = await this.platform.feedPosition()
    const changes = await this.standing.in(device, device.slug, (db) =>
      db.rows<BundleChange>(
        `select o.seq::float8 as seq, o.slug as tenant, o.version from writ.outbox as o
         where o.tenant_id = $1 and o.seq > $2 order by o.seq desc limit 1`,
        [after],
      ),
    )
    const seq = Math.max(committed, ...changes.map((change) => change.seq))
    return { heartbeat: await this.feed.heartbeat(committed), changes, seq }
  }
}
