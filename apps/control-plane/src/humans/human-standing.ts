import { Injectable } from '@nestjs/common'
import type { HumanId } from '@writ/contracts'
import { Mint } from '../bundles/mint.ts'
import { Clock } from '../clock.ts'
import { endSignedInSessions } from '../sessions/end-sessions.ts'
import { HumanSessions } from '../sign-in/human-sessions.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/** Whether a human counts, and from when on. Each step is whole: it ends what it must and tells the gateways, in the open transaction. */
@Injectable()
export class HumanStanding {
  constructor(
    private readonly clock: Clock,
    private readonly sessions: HumanSessions,
    private readonly mint: Mint,
  ) {}

  /** Nobody from now on: no browser session, no agent session, no token. Doing it again changes nothing. */
  async suspend(db: TenantDb, human: HumanId, by: string): Promise<void> {
    const changed = await db.first(
      `update writ.humans set status = 'suspended', epoch = epoch + 1
       where tenant_id = $1 and id = $2 and status = 'active' returning id`,
      [human],
    )
    if (!changed) return
    await this.sessions.endAllOf(db, human)
    await this.#endAgentSessions(db, human, by)
    await this.mint.mint(db)
  }

  /** What was ended stays ended: they sign in anew, and their agents begin new sessions. */
  async restore(db: TenantDb, human: HumanId): Promise<void> {
    const changed = await db.first(
      `update writ.humans set status = 'active' where tenant_id = $1 and id = $2 and status = 'suspended' returning id`,
      [human],
    )
    if (changed) await this.mint.mint(db)
  }

  /** Every token that stands for them is over, and so is every browser session. They may come back. */
  async signOutEverywhere(db: TenantDb, human: HumanId): Promise<void> {
    await this.sessions.endAllOf(db, human)
    await this.endTokens(db, [human])
  }

  /** Their agents need new tokens, of the new epoch; what rests on a sign-in of theirs is over, for nobody is signed in any more. */
  async endTokens(db: TenantDb, humans: readonly HumanId[]): Promise<void> {
    if (humans.length === 0) return
    await db.rows('update writ.humans set epoch = epoch + 1 where tenant_id = $1 and id = any($2::text[])', [
      humans,
    ])
    const ending = { at: new Date(this.clock.nowMs()), by: null, reason: 'the human signed out' }
    for (const human of humans) await endSignedInSessions(db, human, ending)
    await this.mint.mint(db)
  }

  async #endAgentSessions(db: TenantDb, human: HumanId, by: string): Promise<void> {
    await db.rows(
      `update writ.sessions set ended_at = $3, ended_by = $4, ended_reason = 'the human is suspended'
       where tenant_id = $1 and human_id = $2 and ended_at is null`,
      [human, new Date(this.clock.nowMs()), by],
    )
  }
}
