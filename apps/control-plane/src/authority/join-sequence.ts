import type { AgentId } from '@writ/contracts'
import { endSessionsOf } from '../sessions/end-sessions.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import type { AuthenticAgent } from './authenticate-agent.ts'
import { OAuthError } from './oauth-error.ts'

/** How a session was counted. `behind`: once, as after a crash; `copied`: two hold one identity key. */
export type Counted = { readonly verdict: 'counted' | 'behind' | 'copied'; readonly next: number }

/**
 * Counts the sessions of an agent, so that of two copies of one identity key one falls behind and shows. The row of the agent is locked from
 * here on: its sessions begin one after the other.
 * @throws OAuthError where the agent is no longer who it was, or stopped counting
 */
export async function countSession(db: TenantDb, agent: AuthenticAgent): Promise<Counted> {
  const row = await db.first<SequenceRow>(
    `select join_seq, join_seq_kept, join_seq_stepped_back from writ.agents
     where tenant_id = $1 and id = $2 and status = 'enrolled' and epoch = $3 for no key update`,
    [agent.id, agent.epoch],
  )
  if (!row) throw new OAuthError('invalid_client', 'the agent is not authenticated')
  const { join_seq: expected } = row
  const said = agent.assertedJoinSeq
  if (said === null) return withoutCount(row)
  if (said > expected) throw new OAuthError('invalid_grant', 'join_seq is ahead of what the authority knows')
  if (said === expected)
    return keep(db, agent.id, { next: expected + 1, steppedBack: row.join_seq_stepped_back })
  if (said === expected - 1 && !row.join_seq_stepped_back)
    return { ...(await keep(db, agent.id, { next: expected, steppedBack: true })), verdict: 'behind' }
  return { verdict: 'copied', next: expected }
}

type SequenceRow = { join_seq: number; join_seq_kept: boolean; join_seq_stepped_back: boolean }

function withoutCount({ join_seq, join_seq_kept }: SequenceRow): Counted {
  if (join_seq_kept)
    throw new OAuthError('invalid_grant', 'join_seq is missing: this agent counts its sessions')
  return { verdict: 'counted', next: join_seq }
}

async function keep(
  db: TenantDb,
  agent: AgentId,
  { next, steppedBack }: { readonly next: number; readonly steppedBack: boolean },
): Promise<Counted> {
  await db.rows(
    `update writ.agents set join_seq = $3, join_seq_kept = true, join_seq_stepped_back = $4
     where tenant_id = $1 and id = $2`,
    [agent, next, steppedBack],
  )
  return { verdict: 'counted', next }
}

/** Nobody can tell which copy is the thief's: both are locked out until the agent enrols anew. */
export async function lockAgent(db: TenantDb, agent: AgentId, at: Date): Promise<void> {
  await db.rows(
    `update writ.agents set status = 'locked', locked_at = $3, epoch = epoch + 1 where tenant_id = $1 and id = $2`,
    [agent, at],
  )
  await endSessionsOf(db, agent, at)
}
