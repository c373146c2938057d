import { Injectable } from '@nestjs/common'
import type { AgentId } from '@writ/contracts'
import { Administrations } from '../administration/administrations.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

const PLATFORM = { kind: 'platform', id: 'authority', name: 'authority' } as const

/** What the authority itself, or an agent by itself, changes about a tenant, as records of the tenant. Last in a transaction. */
@Injectable()
export class AuthorityRecords {
  constructor(private readonly administrations: Administrations) {}

  locked(db: TenantDb, agent: AgentId): Promise<void> {
    const after = { status: 'locked', reason: 'two copies of its identity key were seen' }
    return this.#byPlatform(db, agent, { status: 'enrolled' }, after)
  }

  behind(db: TenantDb, agent: AgentId): Promise<void> {
    const after = {
      status: 'enrolled',
      reason: 'a session was counted one behind, as after a crash; this happens once',
    }
    return this.#byPlatform(db, agent, { status: 'enrolled' }, after)
  }

  enrolled(
    db: TenantDb,
    agent: { readonly id: AgentId; readonly name: string },
    identityKey: string,
  ): Promise<void> {
    return this.administrations.record(db, {
      permission: 'enrolment',
      route: 'POST /t/{slug}/enrol',
      by: { kind: 'agent', ...agent },
      target: agent.id,
      before: null,
      after: { identityKey },
    })
  }

  rotated(
    db: TenantDb,
    agent: { readonly id: AgentId; readonly name: string },
    keys: { readonly before: string; readonly after: string },
  ): Promise<void> {
    return this.administrations.record(db, {
      permission: 'rotation',
      route: 'POST /t/{slug}/oauth/rotate',
      by: { kind: 'agent', ...agent },
      target: agent.id,
      before: { identityKey: keys.before },
      after: { identityKey: keys.after },
    })
  }

  /** On schedule. */
  signingKeyRotated(db: TenantDb, keys: unknown): Promise<void> {
    return this.#byPlatform(db, null, null, { signingKeys: keys })
  }

  #byPlatform(db: TenantDb, target: string | null, before: unknown, after: unknown): Promise<void> {
    return this.administrations.record(db, {
      permission: 'platform',
      route: 'POST /t/{slug}/oauth/token',
      by: PLATFORM,
      target,
      before,
      after,
    })
  }
}
