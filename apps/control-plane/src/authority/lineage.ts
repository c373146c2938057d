import type { Actor, AgentId, HumanId, SessionId } from '@writ/contracts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/** A session with those that it was delegated by, newest first. */
export type Lineage = {
  readonly agents: readonly AgentId[]
  readonly sessions: readonly SessionId[]
  /** when the first of them ends; null: none says when */
  readonly endsAtMs: number | null
}

/** @returns null where one of them was ended, has run out, or is of an agent or by a grant that no longer counts */
export async function livingLineage(
  db: TenantDb,
  session: SessionId,
  nowMs: number,
): Promise<Lineage | null> {
  const chain = await db.rows<ChainRow>(
    `with recursive chain (id, agent_id, parent_session_id, grant_id, ended_at, ends_at, depth) as (
       select id, agent_id, parent_session_id, grant_id, ended_at, ends_at, 1
         from writ.sessions where tenant_id = $1 and id = $2
       union all
       select p.id, p.agent_id, p.parent_session_id, p.grant_id, p.ended_at, p.ends_at, c.depth + 1
         from writ.sessions p join chain c on p.id = c.parent_session_id where p.tenant_id = $1 and c.depth < 16
     ) select c.id, c.agent_id, least(c.ends_at, g.until) as ends_at,
         c.ended_at is null and a.status = 'enrolled' and g.revoked_at is null as counts
       from chain c join writ.agents a on a.tenant_id = $1 and a.id = c.agent_id
       left join writ.grants g on g.tenant_id = $1 and g.id = c.grant_id order by c.depth`,
    [session],
  )
  if (!chain.every((one) => counts(one, nowMs))) return null
  const ends = chain.flatMap(({ ends_at }) => (ends_at === null ? [] : [ends_at.getTime()]))
  return {
    agents: chain.map(({ agent_id }) => agent_id),
    sessions: chain.map(({ id }) => id),
    endsAtMs: ends.length === 0 ? null : Math.min(...ends),
  }
}

type ChainRow = { id: SessionId; agent_id: AgentId; ends_at: Date | null; counts: boolean }

const counts = ({ counts: stands, ends_at }: ChainRow, nowMs: number): boolean =>
  stands && (ends_at === null || ends_at.getTime() > nowMs)

/** The `act` of RFC 8693 §4.1: the acting agent outermost. */
export function actorOf([sub, ...delegators]: readonly AgentId[]): Actor {
  if (sub === undefined) throw new Error('a session has an agent')
  return delegators.length === 0 ? { sub } : { sub, act: actorOf(delegators) }
}

/** Epochs of the tenant and the human, while both count. */
export async function standingOf(
  db: TenantDb,
  human: HumanId,
): Promise<{ tenant: number; human: number } | null> {
  return db.first(
    `select t.epoch as tenant, h.epoch as human from writ.tenants t join writ.humans h on h.tenant_id = t.id
     where t.id = $1 and t.suspended_at is null and h.id = $2 and h.status = 'active'`,
    [human],
  )
}
