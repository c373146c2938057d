import { Injectable } from '@nestjs/common'
import type { ErasedHuman, HumanErasure, HumanId } from '@writ/contracts'
import { Administrations } from '../administration/administrations.ts'
import { Mint } from '../bundles/mint.ts'
import { forgetFormerParts } from '../bundles/rosters.ts'
import { Clock } from '../clock.ts'
import { badRequest, conflict, notFound } from '../http/problem.ts'
import { forgetPacks } from '../packs/store.ts'
import { takeHoldTurn } from '../retention/hold-turn.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { SubjectKeys } from './subject-keys.ts'

/**
 * Erases a human: what records say of them nobody can read any more, and what the tables said is gone. Every record stays, and every proof of
 * it holds: what was hashed is what is still there. It cannot be taken back.
 */
@Injectable()
export class Erasures {
  // oxlint-disable-next-line max-params -- injected
  constructor(
    private readonly clock: Clock,
    private readonly keys: SubjectKeys,
    private readonly mint: Mint,
    private readonly administrations: Administrations,
  ) {}

  /** @throws 400 for another id than that of the path, 404, 409 for whoever is not suspended yet, and while records are held for a case */
  async erase(db: TenantDb, human: HumanId, { human: named, reason }: HumanErasure): Promise<ErasedHuman> {
    await takeHoldTurn(db)
    const status = await statusOf(db, human)
    if (named !== human) throw badRequest('the id in the body is not the one in the path')
    requireSuspended(status)
    await requireNoHold(db, human)
    const key = await this.keys.destroy(db, human)
    for (const statement of FORGET) await db.rows(statement, [human])
    await db.rows(FORGET_DIRECTORY_USER, [human, new Date(this.clock.nowMs())])
    const packs = await forgetPacks(db, human)
    await this.mint.mint(db)
    const bundles = await forgetBundles(db)
    await forgetFormerParts(db)
    const erasure = { subject: human, key, reason, bundles }
    this.administrations.asErasure(db, erasure)
    return { ...erasure, packs, erasedAt: new Date(this.clock.nowMs()).toISOString() }
  }
}

async function statusOf(db: TenantDb, human: HumanId): Promise<string> {
  const row = await db.first<{ status: string }>(
    'select status from writ.humans where tenant_id = $1 and id = $2 for update',
    [human],
  )
  if (!row) throw notFound()
  return row.status
}

/** In two steps, each of them by itself: whoever is suspended is nobody already, and every session of theirs is over. */
function requireSuspended(status: string): void {
  if (status === 'erased') throw conflict('this human is erased already')
  if (status !== 'suspended') throw conflict('suspend this human first: erasing cannot be taken back')
}

/** A hold on the records of somebody else is no matter. */
async function requireNoHold(db: TenantDb, human: HumanId): Promise<void> {
  const held = await db.first(
    `select 1 from writ.holds where tenant_id = $1 and released_at is null
       and coalesce(filter ->> 'human', $2) = $2 limit 1`,
    [human],
  )
  if (held) throw conflict('records are held for a case: nobody is erased before the hold is released')
}

// The row stays, because records, sessions and agents name it by its id. An address that nobody has, and that is nobody else's.
const FORGET = [
  `update writ.humans set name = 'erased', email = lower($2) || '@erased.invalid', status = 'erased', roles = '{}', epoch = epoch + 1
   where tenant_id = $1 and id = $2`,
  'delete from writ.human_identities where tenant_id = $1 and human_id = $2',
  'delete from writ.human_sessions where tenant_id = $1 and human_id = $2',
  `update writ.findings set human = jsonb_build_object('id', $2::text) where tenant_id = $1 and human ->> 'id' = $2`,
  // An inventory names files and folders of whoever works at the device. Its next report brings another one.
  `update writ.inventories i set report = '{}', changes = '[]' from writ.devices d join writ.agents a
     on a.tenant_id = d.tenant_id and a.id = d.agent_id
   where i.tenant_id = $1 and d.tenant_id = $1 and d.id = i.device_id and a.human_id = $2`,
]

// Should the directory make them again, they are another human.
const FORGET_DIRECTORY_USER = `update writ.directory_users
  set user_name = human_id, external_id = null, resource = '{}', changed_at = $3, deleted_at = $3
  where tenant_id = $1 and human_id = $2`

async function forgetBundles(db: TenantDb): Promise<number> {
  const [row] = await db.manager.query<{ count: string }[]>('select app.forget_bundles() as count')
  return Number(row?.count ?? 0)
}
