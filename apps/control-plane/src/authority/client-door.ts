import { Injectable } from '@nestjs/common'
import { isRefusal } from '@writ/contracts'
import { verifyProof } from '@writ/identity'
import type { ProofPorts, ProvenKey } from '@writ/identity'
import { Clock } from '../clock.ts'
import { Settings } from '../settings.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { authenticateAgent } from './authenticate-agent.ts'
import type { AuthenticAgent } from './authenticate-agent.ts'
import { invalid } from './form.ts'
import type { Parameters } from './form.ts'
import { AuthorityNonces } from './nonces.ts'
import { OAuthError, oauthErrorOf } from './oauth-error.ts'
import type { SignedRequest } from './signed-request.ts'
import { replayGuardOf } from './used-proofs.ts'

/** One request of a client, at the endpoint of its issuer with that name. */
export type ClientRequest = {
  readonly form: Parameters
  readonly signed: SignedRequest
  readonly endpoint: string
}

/** Every client is an agent: it proves its identity key by an assertion, and a session key by a DPoP proof. */
@Injectable()
export class ClientDoor {
  constructor(
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly nonces: AuthorityNonces,
  ) {}

  /** Replay comes last, within the transaction: a refused request uses nothing up. @throws OAuthError */
  async admit(db: TenantDb, request: ClientRequest): Promise<{ agent: AuthenticAgent; key: ProvenKey }> {
    const key = await this.provenKey(db, request)
    if (!key) throw invalid('a DPoP proof is needed')
    const agent = await this.agent(db, request.form)
    if (agent.identityThumbprints.includes(key.keyThumbprint))
      throw new OAuthError('invalid_dpop_proof', 'the session key must not be the identity key')
    return { agent, key }
  }

  /** Who asks, where nothing is bound to a session key. @throws OAuthError */
  async agent(db: TenantDb, form: Parameters): Promise<AuthenticAgent> {
    const issuer = this.settings.issuerOf(db.tenant.slug)
    const agent = await authenticateAgent(db, form.assertion(), issuer, this.#ports(db))
    if (isRefusal(agent)) throw oauthErrorOf(agent, this.nonces.token.current())
    const named = form.optional('client_id')
    if (named !== null && named !== agent.id) throw invalid('client_id is not the agent of the assertion')
    return agent
  }

  /** @returns null where no proof was sent. @throws OAuthError where it does not hold */
  async provenKey(db: TenantDb, { signed, endpoint }: ClientRequest): Promise<ProvenKey | null> {
    if (signed.dpop.length === 0) return null
    const resource = `${this.settings.issuerOf(db.tenant.slug)}/${endpoint}`
    const key = await verifyProof({ ...signed, verb: 'POST', resource }, this.#ports(db))
    if (isRefusal(key)) throw oauthErrorOf(key, this.nonces.token.current())
    return key
  }

  #ports(db: TenantDb): ProofPorts {
    return { replay: replayGuardOf(db), nonces: this.nonces.token, nowMs: this.clock.nowMs() }
  }
}
