import type { AgentId, GrantId, HumanId, SessionId } from '@writ/contracts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

export type Ending = {
  readonly at: Date
  /** node, API key or human that ended it; null where the agent's own standing ended */
  readonly by: string | null
  readonly reason: string | null
}

/** Ends every session of an agent, and what it delegated. A revoked or newly enrolled agent needs no names: its epoch ends its tokens. */
export const endSessionsOf = (db: TenantDb, agent: AgentId, at: Date): Promise<number> =>
  endWithDelegated(db, 'agent_id', agent, { at, by: null, reason: null })

/** Ends every session for a human, and what those delegated. @returns how many ended */
export const endSessionsForHuman = (db: TenantDb, human: HumanId, at: Date): Promise<number> =>
  endWithDelegated(db, 'human_id', human, { at, by: null, reason: null })

/** Ends the sessions that rest on a sign-in of that human, and what those delegated. An agent that acts for its owner without one goes on. */
export async function endSignedInSessions(db: TenantDb, human: HumanId, ending: Ending): Promise<void> {
  const sessions = await db.rows<{ id: SessionId }>(
    `select id from writ.sessions where tenant_id = $1 and human_id = $2 and auth_time is not null and ended_at is null`,
    [human],
  )
  for (const { id } of sessions) await endSession(db, id, ending)
}

/** Ends the sessions that a grant began. @returns how many ended */
export const endSessionsOfGrant = (db: TenantDb, grant: GrantId, ending: Ending): Promise<number> =>
  endWithDelegated(db, 'grant_id', grant, ending)

/** @returns how many ended: none where it had ended before, or is not known */
export const endSession = (db: TenantDb, session: SessionId, ending: Ending): Promise<number> =>
  endWithDelegated(db, 'id', session, ending)

type Column = 'agent_id' | 'human_id' | 'grant_id' | 'id'

async function endWithDelegated(
  db: TenantDb,
  column: Column,
  value: string,
  ending: Ending,
): Promise<number> {
  const { at, by, reason } = ending
  const ended = await db.first<{ count: number }>(
    `with ended as (
       update writ.sessions set ended_at = $3, ended_by = $4, ended_reason = $5
       where tenant_id = $1 and ${column} = $2 and ended_at is null returning 1
     ) select count(*)::int as count from ended`,
    [value, at, by, reason],
  )
  return (ended?.count ?? 0) + (await endDelegated(db, column, value, ending))
}

// With a reason, whatever ended the parent: the agent of a delegated session stands, so nothing but its name ends its tokens. It is looked for
// from the delegated sessions, which are few, and not from all that an agent ever had.
async function endDelegated(
  db: TenantDb,
  column: Column,
  value: string,
  { at, by, reason }: Ending,
): Promise<number> {
  const rows = await db.rows(
    `with recursive ending (id) as (
       select s.id from writ.sessions s
         join writ.sessions p on p.tenant_id = s.tenant_id and p.id = s.parent_session_id
        where s.tenant_id = $1 and s.parent_session_id is not null and s.ended_at is null and p.${column} = $2
       union
       select s.id from writ.sessions s join ending e on s.parent_session_id = e.id
        where s.tenant_id = $1 and s.ended_at is null
     )
     update writ.sessions s set ended_at = $3, ended_by = $4, ended_reason = coalesce($5, 'the session that delegated to it ended')
     from ending e where s.tenant_id = $1 and s.id = e.id returning 1`,
    [value, at, by, reason],
  )
  return rows.length
}
