import { Injectable } from '@nestjs/common'
import { isRefusal } from '@writ/contracts'
import type { AccessTokenClaims, TokenAnswer } from '@writ/contracts'
import { issueAccessToken, verifyProof } from '@writ/identity'
import type { ProvenKey } from '@writ/identity'
import { Clock } from '../clock.ts'
import { randomToken } from '../ids-and-secrets.ts'
import { Settings } from '../settings.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { authenticateAgent } from './authenticate-agent.ts'
import type { AuthenticAgent } from './authenticate-agent.ts'
import { audienceOf } from './audience.ts'
import { AuthorityNonces } from './nonces.ts'
import { OAuthError, oauthErrorOf } from './oauth-error.ts'
import { continueSession } from './sessions.ts'
import type { SignedRequest } from './signed-request.ts'
import { SigningKeys } from './signing-keys.ts'
import { readTokenRequest } from './token-request.ts'
import type { TokenRequest } from './token-request.ts'
import { forgetExpired, replayGuardOf } from './used-proofs.ts'

const TOKEN_TTL_SECONDS = 300
const SCOPE = 'mcp'

/** Issues access tokens for `client_credentials` with `private_key_jwt`, bound to the session key of the DPoP proof. */
@Injectable()
export class TokenService {
  constructor(
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly nonces: AuthorityNonces,
    private readonly signingKeys: SigningKeys,
  ) {}

  /** @throws OAuthError; the transaction then rolls back, so nothing single-use is used up */
  async issue(db: TenantDb, form: unknown, signed: SignedRequest): Promise<TokenAnswer> {
    const asked = readTokenRequest(form)
    const audience = audienceOf(asked.resources, this.settings.gatewaysOf(db.tenant.slug))
    const nowMs = this.clock.nowMs()
    const { agent, key } = await this.#authenticate(db, asked, signed)
    const session = await continueSession(db, agent, key.keyThumbprint, nowMs)
    if (!session) throw new OAuthError('invalid_grant', 'the session was ended; a new one needs a new key')
    await forgetExpired(db, nowMs)
    const iat = Math.floor(nowMs / 1000)
    const claims: AccessTokenClaims = {
      iss: this.settings.issuerOf(db.tenant.slug),
      aud: [...audience],
      sub: agent.human,
      client_id: agent.id,
      act: { sub: agent.id },
      tid: db.tenant.id,
      sid: session,
      jti: randomToken(16),
      iat,
      exp: iat + TOKEN_TTL_SECONDS,
      scope: SCOPE,
      epo: { a: agent.epoch },
      cnf: { jkt: key.keyThumbprint },
    }
    const access_token = issueAccessToken(claims, await this.signingKeys.current(db))
    return { access_token, token_type: 'DPoP', expires_in: TOKEN_TTL_SECONDS, scope: SCOPE }
  }

  async #authenticate(
    db: TenantDb,
    { assertion }: TokenRequest,
    signed: SignedRequest,
  ): Promise<{ agent: AuthenticAgent; key: ProvenKey }> {
    if (signed.dpop.length === 0) throw new OAuthError('invalid_request', 'a DPoP proof is needed')
    const nonces = this.nonces.token
    const ports = { replay: replayGuardOf(db), nonces, nowMs: this.clock.nowMs() }
    const endpoint = this.settings.tokenEndpointOf(db.tenant.slug)
    const key = await verifyProof({ ...signed, verb: 'POST', resource: endpoint }, ports)
    if (isRefusal(key)) throw oauthErrorOf(key, nonces.current())
    const audiences = [this.settings.issuerOf(db.tenant.slug), endpoint]
    const agent = await authenticateAgent(db, assertion, audiences, ports)
    if (isRefusal(agent)) throw oauthErrorOf(agent, nonces.current())
    if (key.keyThumbprint === agent.identityThumbprint)
      throw new OAuthError('invalid_dpop_proof', 'the session key must not be the identity key')
    return { agent, key }
  }
}
