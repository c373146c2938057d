import { Injectable } from '@nestjs/common'
import type { ApprovalAnswer, ApprovalClaim, ApprovalId } from '@writ/contracts'
import { CommitWatch } from '../bundles/commit-watch.ts'
import { Clock } from '../clock.ts'
import { notFound, ProblemError } from '../http/problem.ts'
import { newId, sha256Hex } from '../ids-and-secrets.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

const MOST_PENDING = 100
/** Answers are announced; this is for a watch that has lost its connection, and for requests that run out. */
const LOOK_EVERY_MS = 1000

/** Who asks. `isGone`: whether they have hung up: nothing is used up for nobody. `stillCounts` throws in each look when they do not. */
export type Claimant = {
  readonly isGone: () => boolean
  readonly stillCounts?: (db: TenantDb) => Promise<void>
}

/** The side of gateways and devices: may this very call go out? */
@Injectable()
export class ClaimsService {
  constructor(
    private readonly clock: Clock,
    private readonly tenancy: Tenancy,
    private readonly watch: CommitWatch,
  ) {}

  /** Held while nobody has answered. Each look is a transaction of its own, so that a wait holds no connection. */
  async claim(claim: ApprovalClaim, { isGone, stillCounts }: Claimant): Promise<ApprovalAnswer> {
    const tenant = await this.tenancy.activeBySlug(claim.tenant)
    const untilMs = performance.now() + claim.waitSeconds * 1000
    for (;;) {
      const { count } = this.watch
      const answer = await this.tenancy.run(tenant, async (db) => {
        await stillCounts?.(db)
        return answerTo(db, claim, this.clock.nowMs())
      })
      const leftMs = Math.ceil(untilMs - performance.now())
      if (answer.state !== 'pending' || leftMs <= 0 || this.watch.isStopped) return answer
      await this.watch.changedSince(count, Math.min(leftMs, LOOK_EVERY_MS))
      if (isGone()) return answer
    }
  }
}

async function answerTo(db: TenantDb, claim: ApprovalClaim, nowMs: number): Promise<ApprovalAnswer> {
  await requireKnown(db, claim)
  const call = { sha256: callHash(claim), now: new Date(nowMs) }
  const approved = await consume(db, call)
  if (approved) return { state: 'approved', id: approved }
  const refused = await refusedOne(db, call)
  if (refused) return { state: 'refused', id: refused }
  const pending = (await pendingOne(db, call)) ?? (await request(db, claim, call))
  // Approved between the two looks: what is open is no longer pending, so the next look uses it up.
  return pending ?? answerTo(db, claim, nowMs)
}

type Call = { readonly sha256: string; readonly now: Date }

/** What makes two calls the same call. JSON, so that no name can run into the next. */
const callHash = ({ session, agent, connection, tool, argsSha256, bundle }: ApprovalClaim): string =>
  sha256Hex(JSON.stringify(['writ.claim.v1', session, agent, connection, tool, argsSha256, bundle.sha256]))

/** One answer for everything that does not fit: the session is over, or one of the ids is not the tenant's. @throws 404 */
async function requireKnown(db: TenantDb, claim: ApprovalClaim): Promise<void> {
  const { session, agent, human, connection, match, bundle } = claim
  const known = await db.first(
    `select 1 from writ.sessions s
       join writ.agents a on a.tenant_id = s.tenant_id and a.id = s.agent_id and a.status = 'enrolled'
       join writ.policies p on p.tenant_id = s.tenant_id and p.id = $6
       join writ.bundles b on b.tenant_id = s.tenant_id and b.version = $7 and b.sha256 = $8
     where s.tenant_id = $1 and s.id = $2 and s.agent_id = $3 and s.human_id = $4 and s.ended_at is null
       and ($5::text is null or exists (
         select from writ.connections c where c.tenant_id = $1 and c.id = $5 and c.deleted_at is null))`,
    [session, agent, human, connection, match.policy, bundle.version, bundle.sha256],
  )
  if (!known) throw notFound()
}

/** One statement: of two claims at once the second waits for the first, and then finds nothing approved any more. */
async function consume(db: TenantDb, { sha256, now }: Call): Promise<ApprovalId | null> {
  const row = await db.first<{ id: ApprovalId }>(
    `update writ.approvals set state = 'consumed', consumed_at = $3
     where tenant_id = $1 and claim_sha256 = $2 and state = 'approved' and expires_at > $3 returning id`,
    [sha256, now],
  )
  return row?.id ?? null
}

async function refusedOne(db: TenantDb, { sha256, now }: Call): Promise<ApprovalId | null> {
  const row = await db.first<{ id: ApprovalId }>(
    `select id from writ.approvals where tenant_id = $1 and claim_sha256 = $2 and state = 'refused' and expires_at > $3
     order by id desc limit 1`,
    [sha256, now],
  )
  return row?.id ?? null
}

type Pending = ApprovalAnswer & { readonly state: 'pending' }

async function pendingOne(db: TenantDb, { sha256, now }: Call): Promise<Pending | null> {
  const row = await db.first<{ id: ApprovalId; expires_at: Date }>(
    `select id, expires_at from writ.approvals
     where tenant_id = $1 and claim_sha256 = $2 and state = 'pending' and expires_at > $3`,
    [sha256, now],
  )
  return row && { state: 'pending', id: row.id, expiresAt: row.expires_at.toISOString() }
}

/** @returns null only when the same call was answered at this very moment */
async function request(db: TenantDb, claim: ApprovalClaim, call: Call): Promise<Pending | null> {
  await requireRoom(db, claim, call)
  await forgetEnded(db, call)
  await db.rows(
    `update writ.approvals set state = 'expired'
     where tenant_id = $1 and claim_sha256 = $2 and state in ('pending', 'approved') and expires_at <= $3`,
    [call.sha256, call.now],
  )
  await db.insert('approvals', requestOf(claim, call), IF_NONE_IS_OPEN)
  return pendingOne(db, call)
}

const KEPT_MS = 90 * 24 * 3_600_000
/** More than one, so that there are never more to forget than were made since. */
const FORGOTTEN_AT_ONCE = 100

/** Each new request forgets some that ended long ago. Their ends stand in the records. */
async function forgetEnded(db: TenantDb, { now }: Call): Promise<void> {
  await db.rows(
    `delete from writ.approvals where tenant_id = $1 and id in (
       select id from writ.approvals where tenant_id = $1 and expires_at < $2 order by expires_at limit $3
       for update skip locked)`,
    [new Date(now.getTime() - KEPT_MS), FORGOTTEN_AT_ONCE],
  )
}

const IF_NONE_IS_OPEN = `on conflict (tenant_id, claim_sha256) where state in ('pending', 'approved') do nothing`

const requestOf = (claim: ApprovalClaim, { sha256, now }: Call) => ({
  id: newId('apr', now.getTime()),
  claim_sha256: sha256,
  session_id: claim.session,
  agent_id: claim.agent,
  human_id: claim.human,
  connection_id: claim.connection,
  tool: claim.tool,
  args_sha256: claim.argsSha256,
  bundle_version: claim.bundle.version,
  bundle_sha256: claim.bundle.sha256,
  policy_id: claim.match.policy,
  rule: claim.match.rule,
  reason: claim.match.reason,
  created_at: now,
  expires_at: new Date(now.getTime() + claim.ttlSeconds * 1000),
})

/** An agent that varies its arguments must not bury the people who answer. @throws 429 */
async function requireRoom(db: TenantDb, { agent }: ApprovalClaim, { now }: Call): Promise<void> {
  const pending = await db.first<{ count: number }>(
    `select count(*)::int as count from writ.approvals
     where tenant_id = $1 and agent_id = $2 and state = 'pending' and expires_at > $3`,
    [agent, now],
  )
  if ((pending?.count ?? 0) < MOST_PENDING) return
  throw new ProblemError(
    { title: 'Too Many Requests', status: 429, detail: `${MOST_PENDING} requests of this agent are open` },
    { 'retry-after': '60' },
  )
}
