import { Injectable } from '@nestjs/common'
import { GRANT_TYPES } from '@writ/contracts'
import type { AccessTokenClaims, TokenAnswer } from '@writ/contracts'
import { issueAccessToken } from '@writ/identity'
import type { ProvenKey } from '@writ/identity'
import { Mint } from '../bundles/mint.ts'
import { Clock } from '../clock.ts'
import { randomToken } from '../ids-and-secrets.ts'
import { Settings } from '../settings.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { audienceOf } from './audience.ts'
import type { AuthenticAgent } from './authenticate-agent.ts'
import { AuthorityRecords } from './authority-records.ts'
import { ClientDoor } from './client-door.ts'
import { formOf } from './form.ts'
import type { Parameters } from './form.ts'
import { authorizationCode } from './grants/authorization-code.ts'
import { clientCredentials } from './grants/client-credentials.ts'
import { deviceCode } from './grants/device-code.ts'
import type { Grant, Granted } from './grants/grant-request.ts'
import { narrowed } from './grants/narrowed.ts'
import { tokenExchange } from './grants/token-exchange.ts'
import { IdTokens } from './id-tokens.ts'
import type { VerifiedIdToken } from './id-tokens.ts'
import { countSession, lockAgent } from './join-sequence.ts'
import { actorOf, livingLineage, standingOf } from './lineage.ts'
import { OAuthError } from './oauth-error.ts'
import { beginSession, continuedSession, over } from './sessions.ts'
import type { Session } from './sessions.ts'
import type { SignedRequest } from './signed-request.ts'
import { SigningKeys } from './signing-keys.ts'
import { forgetExpired, replayGuardOf } from './used-proofs.ts'

const TOKEN_TTL_SECONDS = 300
export const SCOPE = 'mcp'

/** One token request whose client and session key have proven themselves. */
type Asked = {
  readonly db: TenantDb
  readonly form: Parameters
  readonly grant: Grant
  readonly agent: AuthenticAgent
  readonly key: ProvenKey
  readonly verified: VerifiedIdToken | null
  readonly nowMs: number
}

/** What a token is issued for. */
type Ready = {
  readonly session: Session
  /** what the agent's next session says */
  readonly joinSeq: number
  readonly issuedTokenType?: string
}

/** Issues access tokens bound to the session key of the DPoP proof: by one of the grants for a new session, by `client_credentials` for a known one. */
@Injectable()
export class TokenService {
  readonly #grants: ReadonlyMap<string, Grant>

  // oxlint-disable-next-line max-params -- one for each part of the authority
  constructor(
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly clients: ClientDoor,
    private readonly signingKeys: SigningKeys,
    private readonly mint: Mint,
    private readonly records: AuthorityRecords,
    idTokens: IdTokens,
  ) {
    this.#grants = new Map<string, Grant>([
      [GRANT_TYPES.clientCredentials, clientCredentials],
      [GRANT_TYPES.tokenExchange, tokenExchange(idTokens)],
      [GRANT_TYPES.deviceCode, deviceCode],
      [GRANT_TYPES.authorizationCode, authorizationCode],
    ])
  }

  /**
   * @returns an OAuthError where what was done stands: a poll is noted, a copied agent is locked
   * @throws OAuthError, or ProviderUnasked where there is no `verified`; the transaction then rolls back, so nothing single-use is used up
   */
  async issue(
    db: TenantDb,
    body: unknown,
    signed: SignedRequest,
    verified: VerifiedIdToken | null,
  ): Promise<TokenAnswer | OAuthError> {
    const form = formOf(body)
    const grant = this.#grants.get(form.only('grant_type'))
    if (!grant) throw new OAuthError('unsupported_grant_type', 'this grant type is not served here')
    form.requireScope(SCOPE)
    this.#audienceOf(db, form.resources())
    const { agent, key } = await this.clients.admit(db, { form, signed, endpoint: 'token' })
    const nowMs = this.clock.nowMs()
    const asked: Asked = { db, form, grant, agent, key, verified, nowMs }
    const ready = (await this.#continued(asked)) ?? (await this.#begun(asked))
    if (ready instanceof OAuthError) return ready
    await forgetExpired(db, nowMs)
    return this.#answer(asked, ready)
  }

  /** The session key alone says which session it is; what began it is not asked for again. */
  async #continued({ db, grant, agent, key, nowMs }: Asked): Promise<Ready | null> {
    if (grant !== clientCredentials) return null
    const session = await continuedSession(db, agent.id, key.keyThumbprint, nowMs)
    return session && { session, joinSeq: agent.joinSeq }
  }

  async #begun(asked: Asked): Promise<Ready | OAuthError> {
    const { db, form, agent, key, verified, nowMs } = asked
    const issuer = this.settings.issuerOf(db.tenant.slug)
    const authorizations = form.authorizations()
    const replay = replayGuardOf(db)
    const granted = await asked.grant({
      db,
      form,
      issuer,
      agent,
      key,
      authorizations,
      replay,
      verified,
      nowMs,
    })
    if (granted instanceof OAuthError) return this.#lasting(db, granted)
    const counted = await countSession(db, agent)
    if (counted.verdict === 'copied') return this.#locked(db, agent, nowMs)
    const ready = { ...(await this.#session(asked, granted)), joinSeq: counted.next }
    if (counted.verdict === 'behind') await this.records.behind(db, agent.id)
    return ready
  }

  async #session({ db, agent, key, nowMs }: Asked, granted: Granted): Promise<Omit<Ready, 'joinSeq'>> {
    const { beginning, issuedTokenType, noteSession } = granted
    const session = await beginSession(db, agent, key.keyThumbprint, { beginning, nowMs })
    await noteSession?.(session.id)
    return { session, ...(issuedTokenType !== undefined && { issuedTokenType }) }
  }

  async #locked(db: TenantDb, agent: AuthenticAgent, nowMs: number): Promise<OAuthError> {
    await lockAgent(db, agent.id, new Date(nowMs))
    await this.mint.mint(db)
    await this.records.locked(db, agent.id)
    return new OAuthError(
      'invalid_grant',
      'two copies of this agent were seen; it is locked until it enrols anew',
    )
  }

  /** A refusal that may have ended a session; gateways hear of it. */
  async #lasting(db: TenantDb, error: OAuthError): Promise<OAuthError> {
    if (error.code === 'invalid_grant') await this.mint.mint(db)
    return error
  }

  #audienceOf(db: TenantDb, resources: readonly string[]): readonly string[] {
    return audienceOf(resources, this.settings.gatewaysOf(db.tenant.slug))
  }

  async #answer(asked: Asked, ready: Ready): Promise<TokenAnswer> {
    const { db } = asked
    const claims = await this.#claims(asked, ready.session)
    return {
      access_token: issueAccessToken(claims, await this.signingKeys.current(db)),
      token_type: 'DPoP',
      expires_in: claims.exp - claims.iat,
      scope: SCOPE,
      join_seq: ready.joinSeq,
      ...(ready.issuedTokenType !== undefined && { issued_token_type: ready.issuedTokenType }),
      ...(claims.authorization_details && { authorization_details: claims.authorization_details }),
    }
  }

  async #claims({ db, form, agent, key, nowMs }: Asked, session: Session): Promise<AccessTokenClaims> {
    const lineage = await livingLineage(db, session.id, nowMs)
    const epochs = await standingOf(db, session.human)
    if (!lineage || !epochs) throw over()
    const iat = Math.floor(nowMs / 1000)
    const exp = Math.min(iat + TOKEN_TTL_SECONDS, Math.floor((lineage.endsAtMs ?? Infinity) / 1000))
    if (exp <= iat) throw over()
    const authorizations = narrowed(form.authorizations(), session.authorizations)
    return {
      iss: this.settings.issuerOf(db.tenant.slug),
      aud: [...this.#audienceOf(db, resourcesOf(form, session.resources))],
      sub: session.human,
      client_id: agent.id,
      act: actorOf(lineage.agents),
      tid: db.tenant.id,
      sid: session.id,
      jti: randomToken(16),
      iat,
      exp,
      scope: SCOPE,
      epo: { t: epochs.tenant, a: agent.epoch, h: epochs.human },
      cnf: { jkt: key.keyThumbprint },
      ...(session.parent !== null && { psid: session.parent }),
      ...(lineage.sessions.length > 2 && { psids: lineage.sessions.slice(2) }),
      ...(authorizations && { authorization_details: authorizations }),
      ...(session.authTime && { auth_time: Math.floor(session.authTime.getTime() / 1000) }),
      ...(session.amr && { amr: [...session.amr] }),
    }
  }
}

/** What the request names, within what its grant is bound to (RFC 8707 §2.2). @throws OAuthError invalid_target */
function resourcesOf(form: Parameters, bound: readonly string[]): readonly string[] {
  const asked = form.resources()
  if (asked.length === 0) return bound
  if (bound.length > 0 && !asked.every((resource) => bound.includes(resource)))
    throw new OAuthError('invalid_target', 'a resource is not among those that were granted')
  return asked
}
