import { Injectable } from '@nestjs/common'
import type { SsoConnectionId } from '@writ/contracts'
import { Clock } from '../clock.ts'
import { codeOf, UNIQUE_VIOLATION } from '../error-code.ts'
import { Faults } from '../faults.ts'
import { newSecret, sha256Hex } from '../ids-and-secrets.ts'
import { Settings } from '../settings.ts'
import { RelyingParty } from '../sso/relying-party.ts'
import type { OpenSsoConnection, ProvenIdentity, SignInChecks } from '../sso/relying-party.ts'
import { SsoConnectionsService } from '../sso/sso-connections.service.ts'
import type { Tenant } from '../tenancy/admission.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { derived, HumanSessions } from './human-sessions.ts'
import { Welcome } from './welcome.ts'

/** How long somebody may take at their identity provider. */
export const SIGN_IN_MS = 600_000

/** Why nobody was signed in: there is no such sign-in under way, the provider is away, its answer does not hold, or they are not let in. */
export type SignInFailure = 'over' | 'away' | 'unproven' | 'not-admitted'
export type Begun = { readonly secret: string; readonly url: string }
export type Finished = { readonly secret: string; readonly maxAgeSeconds: number; readonly returnTo: string }

/** Signs humans in at the identity provider of their tenant. No transaction is open while that one is asked. */
@Injectable()
export class SignInService {
  // oxlint-disable-next-line max-params -- injected
  constructor(
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly tenancy: Tenancy,
    private readonly connections: SsoConnectionsService,
    private readonly party: RelyingParty,
    private readonly welcome: Welcome,
    private readonly sessions: HumanSessions,
    private readonly faults: Faults,
  ) {}

  /** @returns what the cookie holds and where the browser goes; null when there is no such connection */
  async begin(
    tenant: Tenant,
    id: SsoConnectionId,
    { returnTo, fresh }: { readonly returnTo: string; readonly fresh: boolean },
  ): Promise<Begun | SignInFailure | null> {
    const { secret, sha256 } = newSecret()
    const connection = await this.tenancy.run(tenant, async (db) => {
      const found = await this.connections.open(db, id)
      if (found) await this.#remember(db, { id_sha256: sha256, sso_id: id, return_to: returnTo, fresh })
      return found
    })
    if (!connection) return null
    try {
      const redirectUri = this.settings.redirectUriOf(tenant.slug, id)
      return {
        secret,
        url: await this.party.authorizationUrl(connection, redirectUri, checksOf(secret, fresh)),
      }
    } catch (error) {
      this.faults.report('an identity provider could not be asked', error)
      return 'away'
    }
  }

  /**
   * @param secret of the cookie of this sign-in: good once, whatever comes of it
   * @param answered the URL at which the browser came back, on our own origin
   * @param current secret of the session that the browser has now; it ends
   */
  async finish(
    tenant: Tenant,
    id: SsoConnectionId,
    {
      secret,
      answered,
      current,
    }: { readonly secret: string; readonly answered: URL; readonly current: string | null },
  ): Promise<Finished | SignInFailure> {
    const begun = await this.tenancy.run(tenant, (db) => this.#take(db, id, secret))
    if (!begun) return 'over'
    const identity = await this.#prove(begun.connection, answered, checksOf(secret, begun.fresh))
    if (!identity) return 'unproven'
    try {
      return await this.tenancy.run(tenant, async (db) => {
        const connection = await this.connections.held(db, begun.connection)
        if (!connection) return 'over'
        const session = await this.#admit(db, connection, identity)
        if (session && current !== null) await this.sessions.end(db, current)
        return session ? { ...session, returnTo: begun.returnTo } : 'not-admitted'
      })
    } catch (error) {
      // Somebody with that address or identity was made at the same moment.
      if (codeOf(error) === UNIQUE_VIOLATION) return 'not-admitted'
      throw error
    }
  }

  async #admit(db: TenantDb, connection: OpenSsoConnection, identity: ProvenIdentity) {
    const human = await this.welcome.admit(db, connection, identity)
    if (human === null) return null
    return this.sessions.start(db, {
      human,
      sso: connection.id,
      idpSession: identity.idpSession,
      // A proof of the future would be fresh for too long.
      authTimeMs: identity.authTimeMs === null ? null : Math.min(identity.authTimeMs, this.clock.nowMs()),
      amr: identity.amr,
    })
  }

  async #prove(
    connection: OpenSsoConnection,
    answered: URL,
    checks: SignInChecks,
  ): Promise<ProvenIdentity | null> {
    try {
      return await this.party.finish(connection, answered, checks)
    } catch (error) {
      this.faults.report('a sign-in did not hold', error)
      return null
    }
  }

  async #remember(db: TenantDb, row: Readonly<Record<string, unknown>>): Promise<void> {
    const nowMs = this.clock.nowMs()
    await db.rows('delete from writ.sign_ins where tenant_id = $1 and expires_at < $2', [new Date(nowMs)])
    await db.insert('sign_ins', { ...row, expires_at: new Date(nowMs + SIGN_IN_MS) })
  }

  async #take(db: TenantDb, id: SsoConnectionId, secret: string) {
    const row = await db.first<{ return_to: string; fresh: boolean }>(
      `delete from writ.sign_ins where tenant_id = $1 and id_sha256 = $2 and sso_id = $3 and expires_at >= $4
       returning return_to, fresh`,
      [sha256Hex(secret), id, new Date(this.clock.nowMs())],
    )
    const connection = row && (await this.connections.open(db, id))
    return row && connection ? { connection, returnTo: row.return_to, fresh: row.fresh } : null
  }
}

// All from the one secret in the browser's cookie: an answer that somebody else asked for fits no other browser.
const checksOf = (secret: string, fresh: boolean): SignInChecks => ({
  state: derived(secret, 'state'),
  nonce: derived(secret, 'nonce'),
  verifier: derived(secret, 'verifier'),
  fresh,
})
