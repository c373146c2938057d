import { Injectable } from '@nestjs/common'
import type { AccessTokenClaims, IntrospectionAnswer } from '@writ/contracts'
import { Mint } from '../bundles/mint.ts'
import { Clock } from '../clock.ts'
import { ProblemError } from '../http/problem.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { ClientDoor } from './client-door.ts'
import { formOf } from './form.ts'
import { IssuedTokens } from './issued-tokens.ts'
import { OAuthError } from './oauth-error.ts'
import { revokedTokensOf, revokedTokensOfOwner, revokeToken, TOKEN_LIFE_MS } from './revoked-tokens.ts'

/** An agent that gives up more tokens than this at a time ends its session instead: each stands in the bundle until it would have expired. */
const MOST_REVOKED = 20
/** The same of all agents of one human together. */
const MOST_OF_OWNER = 500
/** The same for those that are named by hand, all agents together: a bundle that is full takes no end of a session any more. */
const MOST_BY_HAND = 500

/** Revocation of single tokens, and what is known of one. */
@Injectable()
export class RevocationService {
  constructor(
    private readonly clock: Clock,
    private readonly clients: ClientDoor,
    private readonly issued: IssuedTokens,
    private readonly mint: Mint,
  ) {}

  /** RFC 7009: an agent gives up a token of its own. One that does not count anyway is given up already. @throws OAuthError */
  async revoke(db: TenantDb, body: unknown): Promise<void> {
    const form = formOf(body)
    const token = form.only('token')
    const agent = await this.clients.agent(db, form)
    const claims = await this.issued.read(db, token)
    if (!claims) return
    if (claims.client_id !== agent.id) throw new OAuthError('invalid_grant', 'the token is of another client')
    const nowMs = this.clock.nowMs()
    if ((await revokedTokensOf(db, agent.id, nowMs)) >= MOST_REVOKED)
      throw slowDown(`${MOST_REVOKED} tokens of the agent`)
    if ((await revokedTokensOfOwner(db, agent.owner, nowMs)) >= MOST_OF_OWNER)
      throw slowDown(`${MOST_OF_OWNER} tokens of the agents of its owner`)
    await this.#revoke(db, claims)
  }

  /** For an admin who knows a token only by its `jti`, as records do not name tokens. @throws 429 */
  async revokeById(db: TenantDb, jti: string): Promise<void> {
    const nowMs = this.clock.nowMs()
    if ((await revokedTokensOf(db, null, nowMs)) >= MOST_BY_HAND) throw tooMany()
    await revokeToken(db, { jti, agent: null, expiresAt: new Date(nowMs + TOKEN_LIFE_MS) }, nowMs)
    await this.mint.mint(db)
  }

  /** RFC 7662. @throws OAuthError */
  async introspect(db: TenantDb, body: unknown): Promise<IntrospectionAnswer> {
    const claims = await this.issued.read(db, formOf(body).only('token'))
    if (!claims || !(await this.issued.counts(db, claims))) return { active: false }
    return { active: true, token_type: 'DPoP', ...claims }
  }

  async #revoke(db: TenantDb, { jti, client_id, exp }: AccessTokenClaims): Promise<void> {
    await revokeToken(db, { jti, agent: client_id, expiresAt: new Date(exp * 1000) }, this.clock.nowMs())
    await this.mint.mint(db)
  }
}

const slowDown = (tokens: string): OAuthError =>
  new OAuthError('slow_down', `${tokens} were revoked lately`, {
    'retry-after': String(TOKEN_LIFE_MS / 1000),
  })

const tooMany = () =>
  new ProblemError(
    {
      title: 'Too Many Requests',
      status: 429,
      detail: `${MOST_BY_HAND} tokens were revoked lately: end sessions, or revoke agents, or all`,
    },
    { 'retry-after': String(TOKEN_LIFE_MS / 1000) },
  )
