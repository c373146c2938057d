import type { SessionId } from '@writ/contracts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/** Longer than any access token lives (300 s): a session that ended before that is in no token any more. */
const SESSION_MEMORY_MS = 600_000
/** About 45 KiB of a bundle of 1 MiB. */
const MOST_NAMED = 1000
const MOST_NAMED_OF_OWNER = 100

/** The sessions whose end the bundle of that moment names. */
export async function namedEndings(db: TenantDb, at: Date): Promise<SessionId[]> {
  const named = await read(db, at)
  if (named.length <= MOST_NAMED) return named
  await endByAgent(db, at)
  return read(db, at)
}

async function read(db: TenantDb, at: Date): Promise<SessionId[]> {
  const rows = await db.rows<{ id: SessionId }>(`select s.id ${NAMED} order by s.id`, [sinceOf(at)])
  return rows.map(({ id }) => id)
}

/**
 * So that nobody fills the bundle with sessions of agents of their own: those get a new epoch, which ends every token that they have, and are given
 * new ones for the sessions that go on.
 */
const endByAgent = (db: TenantDb, at: Date): Promise<unknown> =>
  db.rows(
    `update writ.agents set epoch = epoch + 1, locked_at = n.newest
     from (select s.agent_id, max(s.ended_at) as newest, sum(count(*)) over (partition by a.human_id) as of_owner
       ${NAMED} group by s.agent_id, a.human_id) n
     where writ.agents.tenant_id = $1 and writ.agents.id = n.agent_id and n.of_owner > $3`,
    [sinceOf(at), MOST_NAMED_OF_OWNER],
  )

const sinceOf = (at: Date): Date => new Date(at.getTime() - SESSION_MEMORY_MS)

/**
 * Only those that nothing else ends. A revoked agent and a suspended human are in no bundle, and an enrolment makes a new epoch, as does the end of all sessions of the tenant: the tokens of either
 * are over without their sessions being named. So an agent cannot fill the bundle with sessions and stop its own revocation.
 */
const NAMED = `from writ.sessions s join writ.agents a on a.tenant_id = s.tenant_id and a.id = s.agent_id
    join writ.humans h on h.tenant_id = s.tenant_id and h.id = s.human_id
  where s.tenant_id = $1 and a.status = 'enrolled' and h.status = 'active' and s.ended_at > $2 and s.last_token_at > $2
    and s.ended_at > greatest(a.enrolled_at, a.locked_at)
    and s.ended_at > coalesce((select t.revoked_all_at from writ.tenants t where t.id = $1), '-infinity')`
