import { Injectable } from '@nestjs/common'
import { mayDo } from '@writ/contracts'
import type { HumanId, Role } from '@writ/contracts'
import { isOwnerWayIn, requireOwnerWayIn } from '../api-keys/owner-ways.ts'
import { conflict, forbidden, notFound } from '../http/problem.ts'
import { HumanSessions } from '../sign-in/human-sessions.ts'
import type { Admission } from '../tenancy/admission.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { HumanStanding } from './human-standing.ts'

/** What humans may do, and whether they count. One owner stays, whatever happens. */
@Injectable()
export class RolesService {
  constructor(
    private readonly sessions: HumanSessions,
    private readonly standing: HumanStanding,
  ) {}

  /** Their browser sessions end: other roles are another session, with a new secret. @throws 404, 409 for the last owner, or the last way in of one */
  async set(db: TenantDb, human: HumanId, wanted: readonly Role[]): Promise<void> {
    const roles = [...new Set(wanted)].sort()
    if (!roles.includes('owner')) await requireAnotherOwner(db, human)
    const wasWayIn = await isOwnerWayIn(db, human)
    const changed = await db.first(
      'update writ.humans set roles = $3 where tenant_id = $1 and id = $2 and roles <> $3 returning id',
      [human, roles],
    )
    if (changed) await this.sessions.endAllOf(db, human)
    else await requireKnown(db, human)
    if (wasWayIn) await requireOwnerWayIn(db)
  }

  /** @throws 404, 403 for an owner unless by an owner, 409 for the last owner, or the last way in of one */
  async suspend(db: TenantDb, human: HumanId, admission: Admission): Promise<void> {
    await requireKnown(db, human)
    await requireRank(db, human, admission)
    await requireAnotherOwner(db, human)
    const wasWayIn = await isOwnerWayIn(db, human)
    await this.standing.suspend(db, human, admission.by.id)
    if (wasWayIn) await requireOwnerWayIn(db)
  }

  /** @throws 404, 403 for an owner unless by an owner */
  async restore(db: TenantDb, human: HumanId, admission: Admission): Promise<void> {
    await requireKnown(db, human)
    await requireRank(db, human, admission)
    await this.standing.restore(db, human)
  }

  /** @throws 404 */
  async signOutEverywhere(db: TenantDb, human: HumanId): Promise<void> {
    await requireKnown(db, human)
    await this.standing.signOutEverywhere(db, human)
  }
}

// The rows of all owners are locked: two owners who remove each other at the same moment take turns.
async function requireAnotherOwner(db: TenantDb, human: HumanId): Promise<void> {
  const owners = await db.rows<{ id: HumanId }>(
    `select id from writ.humans where tenant_id = $1 and 'owner' = any(roles) and status = 'active' order by id for update`,
  )
  if (owners.length === 1 && owners[0]?.id === human) throw conflict('a tenant keeps its last owner')
}

async function requireRank(db: TenantDb, human: HumanId, { roles }: Admission): Promise<void> {
  if (mayDo(roles, 'roles.write')) return
  const owner = await db.first(
    `select 1 from writ.humans where tenant_id = $1 and id = $2 and 'owner' = any(roles)`,
    [human],
  )
  if (owner) throw forbidden('only an owner may do this to an owner')
}

async function requireKnown(db: TenantDb, human: HumanId): Promise<void> {
  if (!(await db.first('select 1 from writ.humans where tenant_id = $1 and id = $2', [human])))
    throw notFound()
}
