import { Injectable } from '@nestjs/common'
import type { LostRange, StreamId } from '@writ/contracts'
import { PlatformQueries } from '@writ/postgres'
import { Administrations } from '../administration/administrations.ts'
import { Clock } from '../clock.ts'
import { newId } from '../ids-and-secrets.ts'
import { Settings } from '../settings.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { eachTenant } from './each-tenant.ts'

const TENANTS_AT_ONCE = 1000

/**
 * Records that a node signed a head over, and that have not come for so long that nobody hears of the node any more: their loss is itself
 * recorded, and so is their arrival, should they come after all.
 */
@Injectable()
export class Losses {
  // oxlint-disable-next-line max-params -- injected
  constructor(
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly platform: PlatformQueries,
    private readonly tenancy: Tenancy,
    private readonly administrations: Administrations,
  ) {}

  /** @throws the first failure, once all tenants were looked after */
  async tell(): Promise<void> {
    const { streamLostAfterSeconds: seconds } = this.settings
    const tenants = await this.platform.silentStreams(seconds, TENANTS_AT_ONCE)
    await eachTenant(tenants, (tenant) => this.tenancy.run(tenant, (db) => this.#tellOf(db, seconds)))
  }

  async #tellOf(db: TenantDb, seconds: number): Promise<void> {
    const lost = await db.rows<RangeRow>(LOST, [seconds])
    const arrived = await db.rows<RangeRow>(ARRIVED)
    for (const range of lost) await this.#note(db, { ...range, arrived: false })
    for (const range of arrived) await this.#note(db, { ...range, arrived: true })
  }

  #note(db: TenantDb, lost: LostRange): Promise<void> {
    const id = newId('dec', this.clock.nowMs())
    return this.administrations.note(db, id, { kind: 'stream_lost', lost, outcome: 'failed' })
  }
}

type RangeRow = { readonly stream: StreamId; readonly from: number; readonly to: number }

const RANGE = 'stream_id as stream, from_seq::float8 as "from", to_seq::float8 as "to"'

// What was told of already is not told again; what came since is a range of its own.
const LOST = `
  insert into writ.stream_losses (tenant_id, stream_id, from_seq, to_seq, found_at)
  select s.tenant_id, s.id, greatest(s.next_seq, coalesce(known.to_seq, 0)), s.reported_next_seq, now()
    from writ.streams s join writ.nodes n on n.id = s.node_id and n.kind <> 'control-plane'
    left join lateral (select max(l.to_seq) as to_seq from writ.stream_losses l
      where l.tenant_id = s.tenant_id and l.stream_id = s.id) known on true
   where s.tenant_id = $1 and s.reported_next_seq > greatest(s.next_seq, coalesce(known.to_seq, 0))
     and s.reported_heard_at <= now() - make_interval(secs => $2)
  on conflict do nothing returning ${RANGE}`

const ARRIVED = `
  update writ.stream_losses l set arrived_at = now() from writ.streams s
   where l.tenant_id = $1 and s.tenant_id = $1 and s.id = l.stream_id and l.arrived_at is null and s.next_seq >= l.to_seq
  returning ${RANGE}`
