import { Injectable } from '@nestjs/common'
import type { HumanId, SsoConnectionId } from '@writ/contracts'
import { decodeJwt, jwtVerify } from 'jose'
import type { JWTPayload } from 'jose'
import { RelyingParty } from '../sso/relying-party.ts'
import type { OpenSsoConnection } from '../sso/relying-party.ts'
import { SsoConnectionsService } from '../sso/sso-connections.service.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { IdTokens, ProviderUnasked } from './id-tokens.ts'
import type { SubjectHuman, VerifiedIdToken } from './id-tokens.ts'

/** Asymmetric only: the client secret signs nothing. */
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA', 'Ed25519']
/** An ID token says that somebody is there now; what is older is a memory of it. */
const MAX_AGE_SECONDS = 600
const SKEW_SECONDS = 30
const MAX_LENGTH = 16 * 1024

/** ID tokens (OpenID Connect Core §3.1.3.7) of the tenant's own identity providers, for the tenant's own client. */
@Injectable()
export class SsoIdTokens extends IdTokens {
  constructor(
    private readonly connections: SsoConnectionsService,
    private readonly party: RelyingParty,
  ) {
    super()
  }

  override async humanOf(
    db: TenantDb,
    idToken: string,
    { nowMs, verified }: { readonly nowMs: number; readonly verified: VerifiedIdToken | null },
  ): Promise<SubjectHuman | null> {
    if (!verified) return this.#askFirst(db, idToken, nowMs)
    // It may have been removed while its provider was asked.
    const connection = await this.connections.held(db, verified.connection)
    const { claims } = verified
    if (!connection || claims?.sub === undefined) return null
    const human = await activeHuman(db, connection.issuer, claims.sub)
    return human && { human, authTime: authTimeOf(claims, nowMs), amr: amrOf(claims['amr']) }
  }

  async #askFirst(db: TenantDb, idToken: string, nowMs: number): Promise<null> {
    const connection = await this.#connectionOf(db, idToken)
    if (!connection) return null
    throw new ProviderUnasked(async () => ({
      connection,
      claims: await this.#verified(connection, idToken, nowMs),
    }))
  }

  /** By what the token says of its issuer: nothing is asked of an issuer that is not the tenant's. */
  async #connectionOf(db: TenantDb, idToken: string): Promise<OpenSsoConnection | null> {
    const row = await db.first<{ id: SsoConnectionId }>(
      'select id from writ.sso_connections where tenant_id = $1 and issuer = $2 and deleted_at is null',
      [issuerIn(idToken)],
    )
    return row && this.connections.open(db, row.id)
  }

  async #verified(connection: OpenSsoConnection, idToken: string, nowMs: number): Promise<JWTPayload | null> {
    try {
      const { payload } = await jwtVerify(idToken, await this.party.keysOf(connection), {
        issuer: connection.issuer,
        audience: connection.clientId,
        algorithms: ALGORITHMS,
        requiredClaims: ['iss', 'sub', 'aud', 'iat', 'exp'],
        currentDate: new Date(nowMs),
        clockTolerance: SKEW_SECONDS,
        maxTokenAge: MAX_AGE_SECONDS,
      })
      return isIdToken(payload, connection.clientId) ? payload : null
    } catch {
      return null
    }
  }
}

/** Not a logout token, and for us: with several audiences, `azp` says who it was made for. */
function isIdToken(payload: JWTPayload, clientId: string): boolean {
  if ('events' in payload) return false
  const { aud, azp } = payload
  if (azp !== undefined) return azp === clientId
  return !Array.isArray(aud) || aud.length === 1
}

function issuerIn(idToken: string): string {
  if (idToken.length > MAX_LENGTH) return ''
  try {
    return decodeJwt(idToken).iss ?? ''
  } catch {
    return ''
  }
}

async function activeHuman(db: TenantDb, issuer: string, subject: string): Promise<HumanId | null> {
  const row = await db.first<{ id: HumanId }>(
    `select h.id from writ.human_identities i
     join writ.humans h on h.tenant_id = i.tenant_id and h.id = i.human_id and h.status = 'active'
     where i.tenant_id = $1 and i.issuer = $2 and i.subject = $3`,
    [issuer, subject],
  )
  return row?.id ?? null
}

/** Where the identity provider does not say when: when it issued the token is the latest that it can have been. */
const authTimeOf = ({ auth_time, iat = 0 }: JWTPayload, nowMs: number): Date =>
  new Date(Math.min((typeof auth_time === 'number' ? auth_time : iat) * 1000, nowMs))

const amrOf = (claim: unknown): string[] =>
  Array.isArray(claim)
    ? claim
        .filter((method): method is string => typeof method === 'string' && method.length <= 32)
        .slice(0, 10)
    : []
