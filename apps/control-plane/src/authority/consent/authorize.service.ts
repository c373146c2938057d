import { Injectable } from '@nestjs/common'
import { Clock } from '../../clock.ts'
import { newSecret, sha256Hex } from '../../ids-and-secrets.ts'
import { Settings } from '../../settings.ts'
import type { SignedIn } from '../../tenancy/human-door.ts'
import type { TenantDb } from '../../tenancy/tenant-db.ts'
import type { Parameters } from '../form.ts'
import { OAuthError } from '../oauth-error.ts'
import { SCOPE } from '../token.service.ts'
import { answerUrl, authorizationRequestOf, destinationOf } from './authorization-request.ts'
import type { AuthorizationRequest, Destination } from './authorization-request.ts'
import { authTimeOf, Consents } from './consents.ts'
import type { AskingAgent } from './consents.ts'

/** The browser brings a code to the agent at once. */
const CODE_TTL_MS = 60_000

/** What to do with the browser: ask its human, send it on, or go no further. */
export type Asked =
  | {
      readonly kind: 'question'
      readonly agent: AskingAgent
      readonly destination: Destination
      readonly request: AuthorizationRequest
    }
  | { readonly kind: 'redirect'; readonly to: string }
  | { readonly kind: 'nowhere' }

/** The authorization endpoint (RFC 6749 §3.1) for agents on the human's own machine. */
@Injectable()
export class AuthorizeService {
  constructor(
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly consents: Consents,
  ) {}

  async ask(db: TenantDb, parameters: Parameters): Promise<Asked> {
    const destination = destinationOf(parameters)
    const agent = destination && (await this.consents.asking(db, destination.agentId))
    if (!destination || !agent) return { kind: 'nowhere' }
    try {
      const gateways = this.settings.gatewaysOf(db.tenant.slug)
      const request = authorizationRequestOf(parameters, { scope: SCOPE, gateways })
      return { kind: 'question', agent, destination, request }
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error
      const { code, description } = error
      return {
        kind: 'redirect',
        to: this.#back(db, destination, { error: code, error_description: description }),
      }
    }
  }

  /** The form carries the request as it came, and it is read again: what is consented to is what was asked. */
  async decide(db: TenantDb, who: SignedIn, parameters: Parameters, allowed: boolean): Promise<Asked> {
    const asked = await this.ask(db, parameters)
    if (asked.kind !== 'question') return asked
    const answer = allowed
      ? { code: await this.#code(db, who, asked) }
      : { error: 'access_denied', error_description: 'the human said no' }
    return { kind: 'redirect', to: this.#back(db, asked.destination, answer) }
  }

  async #code(
    db: TenantDb,
    who: SignedIn,
    { agent, destination, request }: Asked & { readonly kind: 'question' },
  ): Promise<string> {
    const nowMs = this.clock.nowMs()
    const { authorizations, resources, codeChallenge, keyThumbprint } = request
    const route = 'POST /t/{slug}/oauth/authorize'
    const { secret } = newSecret()
    await db.rows('delete from writ.authorization_codes where tenant_id = $1 and expires_at < $2', [
      new Date(nowMs - 24 * 3_600_000),
    ])
    const grant = await this.consents.give(db, who, { agent: agent.id, authorizations, route })
    await db.insert('authorization_codes', {
      code_sha256: sha256Hex(secret),
      agent_id: agent.id,
      grant_id: grant.id,
      redirect_uri: destination.redirectUri,
      code_challenge: codeChallenge,
      key_thumbprint: keyThumbprint,
      authorization_details: authorizations && JSON.stringify(authorizations),
      resources,
      auth_time: authTimeOf(who, nowMs),
      amr: who.amr,
      expires_at: new Date(nowMs + CODE_TTL_MS),
    })
    return secret
  }

  #back({ tenant }: TenantDb, destination: Destination, answer: Readonly<Record<string, string>>): string {
    return answerUrl(destination, this.settings.issuerOf(tenant.slug), answer)
  }
}
