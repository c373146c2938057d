import { Injectable } from '@nestjs/common'
import { AuditRecord } from '@writ/contracts'
import type { DecisionId } from '@writ/contracts'
import { PlatformQueries } from '@writ/postgres'
import { Administrations } from '../administration/administrations.ts'
import type { PlatformEvent } from '../administration/administrations.ts'
import { Settings } from '../settings.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { eachTenant } from './each-tenant.ts'

const TENANTS_AT_ONCE = 1000
const LEAVES_AT_ONCE = 5000

/**
 * Decisions that were opened, and of which nobody came to say how they ended: the gateway that made them is not heard of any more. Each is
 * closed by a record of the platform that says so. Should the gateway's own record come after all, there are two, and both are true.
 */
@Injectable()
export class Reaping {
  constructor(
    private readonly settings: Settings,
    private readonly platform: PlatformQueries,
    private readonly tenancy: Tenancy,
    private readonly administrations: Administrations,
  ) {}

  /** @returns whether there may be more at once @throws the first failure, once all tenants were looked after */
  async reap(): Promise<boolean> {
    const tenants = await this.platform.unreapedTenants(TENANTS_AT_ONCE)
    let isMore = false
    await eachTenant(tenants, async (tenant) => {
      isMore = (await this.tenancy.run(tenant, (db) => this.#reapOf(db))) || isMore
    })
    return isMore
  }

  async #reapOf(db: TenantDb): Promise<boolean> {
    const { unknownAfterSeconds, silentAfterSeconds } = this.settings
    const isMore = await advance(db, unknownAfterSeconds)
    await db.rows(FORGET_ENDED)
    for (const { decision, bytes } of await db.rows<UnendedRow>(UNENDED, [silentAfterSeconds])) {
      const opened = openedIn(bytes)
      if (opened) await this.administrations.note(db, decision, endingOf(opened))
      await db.rows('delete from writ.unended_decisions where tenant_id = $1 and decision_id = $2', [
        decision,
      ])
    }
    return isMore
  }
}

/** Looks through the log as far as it is old enough. The row is locked: two control planes take turns. @returns whether there may be more */
async function advance(db: TenantDb, seconds: number): Promise<boolean> {
  await db.insert('reapings', { next_leaf: 0 }, 'on conflict do nothing')
  const place = await db.first<{ next: number }>(
    'select next_leaf::float8 as next from writ.reapings where tenant_id = $1 for update',
  )
  const leaves = await db.rows<LeafRow>(LEAVES, [place?.next ?? 0, seconds])
  const young = leaves.findIndex(({ isOld }) => !isOld)
  const old = young === -1 ? leaves : leaves.slice(0, young)
  const last = old.at(-1)
  if (!last) return false
  const begun = old.filter(({ kind }) => kind === 'opened')
  await db.rows(KEEP_BEGUN, [begun.map(({ decision }) => decision), begun.map(({ leaf }) => leaf)])
  await db.rows('update writ.reapings set next_leaf = $2 where tenant_id = $1', [last.leaf + 1])
  return old.length === LEAVES_AT_ONCE
}

/** Null where the stored bytes are damaged: verification names them, and nobody waits for their end. */
function openedIn(bytes: Buffer): AuditRecord | null {
  try {
    return AuditRecord.parse(JSON.parse(bytes.toString('utf8')))
  } catch {
    return null
  }
}

/** Whose call it was and what it was to do, as it began. */
const endingOf = ({ request, ...opened }: AuditRecord): PlatformEvent => ({
  kind: 'closed',
  outcome: 'unknown',
  channel: opened.channel,
  human: opened.human,
  agent: opened.agent,
  delegators: opened.delegators,
  session: opened.session,
  keyThumbprint: opened.keyThumbprint,
  connection: opened.connection,
  action: opened.action,
  outbound: opened.outbound,
  bundle: opened.bundle,
  credential: opened.credential,
  request: request && { sha256: request.sha256, sizeBytes: request.sizeBytes },
  ...(opened.ancestors && { ancestors: opened.ancestors }),
  ...(opened.parent && { parent: opened.parent }),
  ...(opened.trace && { trace: opened.trace }),
})

type LeafRow = {
  readonly leaf: number
  readonly decision: string
  readonly kind: string
  readonly isOld: boolean
}
type UnendedRow = { readonly decision: DecisionId; readonly bytes: Buffer }

const LEAVES = `
  select leaf_index::float8 as leaf, decision_id as decision, kind,
         ingested_at <= now() - make_interval(secs => $3) as "isOld"
    from writ.records where tenant_id = $1 and leaf_index >= $2 order by leaf_index limit ${LEAVES_AT_ONCE}`

const IS_CLOSED = `exists (select 1 from writ.records r
  where r.tenant_id = $1 and r.decision_id = u.decision_id and r.kind = 'closed')`

const KEEP_BEGUN = `
  insert into writ.unended_decisions (tenant_id, decision_id, leaf_index)
  select $1, u.decision_id, u.leaf_index from unnest($2::text[], $3::bigint[]) as u (decision_id, leaf_index)
   where not ${IS_CLOSED} on conflict do nothing`

const FORGET_ENDED = `delete from writ.unended_decisions u where u.tenant_id = $1 and ${IS_CLOSED}`

// A gateway in which a call is under way tells of its stream every 20 seconds.
const UNENDED = `
  select u.decision_id as decision, r.bytes from writ.unended_decisions u
    join writ.records r on r.tenant_id = $1 and r.leaf_index = u.leaf_index
    join writ.streams s on s.tenant_id = $1 and s.no = r.stream_no
   where u.tenant_id = $1 and coalesce(s.reported_heard_at, '-infinity') <= now() - make_interval(secs => $2)
   order by u.leaf_index limit 500`
