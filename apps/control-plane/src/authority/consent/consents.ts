import { Injectable } from '@nestjs/common'
import type { AgentId, GrantView, ToolAuthorizations } from '@writ/contracts'
import { Administrations } from '../../administration/administrations.ts'
import { Clock } from '../../clock.ts'
import { newId } from '../../ids-and-secrets.ts'
import type { SignedIn } from '../../tenancy/human-door.ts'
import type { TenantDb } from '../../tenancy/tenant-db.ts'

/** For so long an agent may act for a human on one consent. */
export const CONSENT_MS = 30 * 24 * 3_600_000

/** An agent as the human sees it who is asked. */
export type AskingAgent = { readonly id: AgentId; readonly name: string; readonly owner: string }

/** What humans let agents do. */
@Injectable()
export class Consents {
  constructor(
    private readonly clock: Clock,
    private readonly administrations: Administrations,
  ) {}

  /** @returns null for an agent that is nobody now */
  asking(db: TenantDb, id: AgentId): Promise<AskingAgent | null> {
    return db.first<AskingAgent>(
      `select a.id, a.name, h.name as owner from writ.agents a join writ.humans h on h.tenant_id = a.tenant_id and h.id = a.human_id
       where a.tenant_id = $1 and a.id = $2 and a.status = 'enrolled'`,
      [id],
    )
  }

  /** Kept until it runs out or is taken back, and a record of the tenant. */
  async give(
    db: TenantDb,
    by: SignedIn,
    {
      agent,
      authorizations,
      route,
    }: {
      readonly agent: AgentId
      readonly authorizations: ToolAuthorizations | null
      readonly route: string
    },
  ): Promise<GrantView> {
    const nowMs = this.clock.nowMs()
    const [grantedAt, until] = [new Date(nowMs), new Date(nowMs + CONSENT_MS)]
    const id = newId('gnt', nowMs)
    await db.insert('grants', {
      id,
      agent_id: agent,
      human_id: by.human,
      authorization_details: authorizations && JSON.stringify(authorizations),
      granted_at: grantedAt,
      until,
    })
    const view = {
      id,
      agent,
      human: by.human,
      authorizations,
      grantedAt: grantedAt.toISOString(),
      until: until.toISOString(),
      revokedAt: null,
    }
    await this.administrations.record(db, {
      permission: 'consent',
      route,
      by: { kind: 'human', id: by.human, name: by.name },
      target: agent,
      before: null,
      after: view,
    })
    return view
  }
}

/** When a human signed in, where nobody says: not longer ago than this. */
export const authTimeOf = ({ authTime }: SignedIn, nowMs: number): Date =>
  new Date(authTime === null ? nowMs : authTime * 1000)
