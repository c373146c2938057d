import { Injectable } from '@nestjs/common'
import type { HumanId, SsoConnectionId } from '@writ/contracts'
import { Administrations } from '../administration/administrations.ts'
import { forgetExpired, replayGuardOf } from '../authority/used-proofs.ts'
import { Clock } from '../clock.ts'
import { HumanStanding } from '../humans/human-standing.ts'
import { sha256Hex } from '../ids-and-secrets.ts'
import { RelyingParty } from '../sso/relying-party.ts'
import type { OpenSsoConnection } from '../sso/relying-party.ts'
import { SsoConnectionsService } from '../sso/sso-connections.service.ts'
import type { Tenant } from '../tenancy/admission.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { looksLikeLogout, readLogoutToken } from './logout-token.ts'
import type { Logout } from './logout-token.ts'

/** Ends what an identity provider says has ended: browser sessions here, and every token of agents that act for that human. */
@Injectable()
export class BackChannelService {
  // oxlint-disable-next-line max-params -- injected
  constructor(
    private readonly clock: Clock,
    private readonly tenancy: Tenancy,
    private readonly connections: SsoConnectionsService,
    private readonly party: RelyingParty,
    private readonly standing: HumanStanding,
    private readonly administrations: Administrations,
  ) {}

  /** @returns false for a token that does not hold, was used before, or is for a connection that does not exist */
  async logOut(tenant: Tenant, sso: SsoConnectionId, token: string): Promise<boolean> {
    const connection = await this.tenancy.run(tenant, (db) => this.connections.open(db, sso))
    const logout = connection && (await this.#read(connection, token))
    if (!connection || !logout) return false
    return this.tenancy.run(tenant, (db) => this.#end(db, connection, logout))
  }

  async #read(connection: OpenSsoConnection, token: string): Promise<Logout | null> {
    const { issuer, clientId } = connection
    if (!looksLikeLogout(token, issuer)) return null
    try {
      const keys = await this.party.keysOf(connection)
      return await readLogoutToken(token, { issuer, clientId, keys, nowMs: this.clock.nowMs() })
    } catch {
      return null
    }
  }

  async #end(db: TenantDb, connection: OpenSsoConnection, logout: Logout): Promise<boolean> {
    await forgetExpired(db, this.clock.nowMs())
    const key = `logout ${sha256Hex(JSON.stringify([connection.issuer, logout.jti]))}`
    if ((await replayGuardOf(db).firstSeen(key, logout.untilMs)) !== 'first') return false
    const humans = await humansOf(db, connection, logout)
    await endSessions(db, connection, logout, humans)
    await this.standing.endTokens(db, humans)
    for (const human of humans) await this.#record(db, connection, human)
    return true
  }

  #record(db: TenantDb, { id }: OpenSsoConnection, human: HumanId): Promise<void> {
    return this.administrations.record(db, {
      permission: 'sessions.end',
      route: 'back-channel logout',
      by: { kind: 'platform', id, name: 'identity provider' },
      target: human,
      before: null,
      after: null,
    })
  }
}

/** Of a session of the provider: whoever has one of ours from it. Of a subject: whoever that is. Both said: both must fit. */
async function humansOf(
  db: TenantDb,
  { id, issuer }: OpenSsoConnection,
  { subject, idpSession }: Logout,
): Promise<HumanId[]> {
  const rows = await db.rows<{ id: HumanId }>(
    `select h.id from writ.humans h where h.tenant_id = $1
       and ($2::text is null or exists (select from writ.human_identities i
         where i.tenant_id = h.tenant_id and i.human_id = h.id and i.issuer = $4 and i.subject = $2))
       and ($3::text is null or exists (select from writ.human_sessions s
         where s.tenant_id = h.tenant_id and s.human_id = h.id and s.sso_id = $5 and s.idp_session = $3))`,
    [subject, idpSession, issuer, id],
  )
  return rows.map((row) => row.id)
}

const endSessions = (
  db: TenantDb,
  { id }: OpenSsoConnection,
  { idpSession }: Logout,
  humans: readonly HumanId[],
): Promise<unknown> =>
  db.rows(
    `delete from writ.human_sessions where tenant_id = $1 and sso_id = $2 and human_id = any($3::text[])
       and ($4::text is null or idp_session = $4)`,
    [id, humans, idpSession],
  )
