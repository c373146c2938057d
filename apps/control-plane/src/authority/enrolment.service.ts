import { Injectable } from '@nestjs/common'
import { isRefusal, Refusal, REFUSALS } from '@writ/contracts'
import type { AgentId, EnrolmentAnswer } from '@writ/contracts'
import { challengeOf, verifyProof } from '@writ/identity'
import type { ProvenKey } from '@writ/identity'
import { Mint } from '../bundles/mint.ts'
import { Clock } from '../clock.ts'
import { ProblemError } from '../http/problem.ts'
import { sha256Hex } from '../ids-and-secrets.ts'
import { endSessionsOf } from '../sessions/end-sessions.ts'
import { Settings } from '../settings.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { AuthorityRecords } from './authority-records.ts'
import { bindIdentityKey, isKeyTaken } from './identity-keys.ts'
import { AuthorityNonces } from './nonces.ts'
import type { SignedRequest } from './signed-request.ts'
import { replayGuardOf } from './used-proofs.ts'

/** Binds an agent's own key to the agent that the one-time token was made for. */
@Injectable()
export class EnrolmentService {
  // oxlint-disable-next-line max-params -- injected
  constructor(
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly nonces: AuthorityNonces,
    private readonly mint: Mint,
    private readonly records: AuthorityRecords,
  ) {}

  /** @throws the same 403 for a token that is unknown, wrong, used, expired or of another tenant, and for a key that is taken */
  async enrol(db: TenantDb, token: string, signed: SignedRequest): Promise<EnrolmentAnswer> {
    const { slug } = db.tenant
    const key = await this.#provenKey(db, signed)
    const agentId = await useToken(db, token, new Date(this.clock.nowMs()))
    if (!agentId || (await isKeyTaken(db, key.keyThumbprint))) throw tokenRefused()
    await lockAgent(db, agentId)
    const now = new Date(this.clock.nowMs())
    const agentName = await bindKey(db, agentId, key, now)
    if (agentName === null) throw tokenRefused()
    // Tokens and sessions of a key that this one replaces are over.
    await endSessionsOf(db, agentId, now)
    await this.mint.mint(db)
    await this.records.enrolled(db, { id: agentId, name: agentName }, key.keyThumbprint)
    return {
      agentId,
      agentName,
      tenant: slug,
      issuer: this.settings.issuerOf(slug),
      tokenEndpoint: this.settings.tokenEndpointOf(slug),
      gateways: this.settings.gatewaysOf(slug),
      joinSeq: 0,
    }
  }

  async #provenKey(db: TenantDb, signed: SignedRequest): Promise<ProvenKey> {
    const nonces = this.nonces.enrolment
    const resource = this.settings.enrolmentEndpointOf(db.tenant.slug)
    const ports = { replay: replayGuardOf(db), nonces, nowMs: this.clock.nowMs() }
    const key = await verifyProof({ ...signed, verb: 'POST', resource }, ports)
    if (isRefusal(key)) throw proofRefused(key, nonces.current())
    return key
  }
}

/** One statement, so that of many uses at once exactly one wins. */
async function useToken(db: TenantDb, token: string, now: Date): Promise<AgentId | null> {
  const [id, secret = ''] = token.split('.')
  const row = await db.first<{ agent_id: AgentId }>(
    `update writ.enrolment_tokens set used_at = $4
     where tenant_id = $1 and id = $2 and secret_sha256 = $3 and used_at is null and expires_at > $4
     returning agent_id`,
    [id, sha256Hex(secret), now],
  )
  return row?.agent_id ?? null
}

// Whatever was done with the key of before is done: when it enrolled is later than all of it.
async function lockAgent(db: TenantDb, id: AgentId): Promise<void> {
  await db.rows('select 1 from writ.agents where tenant_id = $1 and id = $2 for update', [id])
}

/** A replaced key makes a new epoch, which ends every token of the old one. Its sessions are counted from the start. @returns the agent's name, null when it is revoked or suspended */
async function bindKey(db: TenantDb, id: AgentId, key: ProvenKey, now: Date): Promise<string | null> {
  const row = await db.first<{ name: string }>(
    `update writ.agents set epoch = epoch + case status when 'invited' then 0 else 1 end, status = 'enrolled',
       identity_jwk = $3, identity_thumbprint = $4, enrolled_at = $5, locked_at = null, join_seq = 0, join_seq_kept = false,
       join_seq_stepped_back = false, previous_identity_jwk = null, previous_identity_thumbprint = null, previous_identity_until = null
     where tenant_id = $1 and id = $2 and status in ('invited', 'enrolled', 'locked') returning name`,
    [id, JSON.stringify(key.publicJwk), key.keyThumbprint, now],
  )
  if (row) await bindIdentityKey(db, id, key.keyThumbprint)
  return row?.name ?? null
}

const tokenRefused = (): ProblemError =>
  new ProblemError({
    title: 'Forbidden',
    status: 403,
    detail: 'the enrolment token does not count, or the key is in use already; ask for a new token',
  })

/** In the words of RFC 9449 §7.1, with the nonce to use next time. */
export function proofRefused(refusal: Refusal, nonce: string): ProblemError {
  return new ProblemError(
    { title: 'Unauthorized', status: REFUSALS[refusal.code].http, detail: refusal.detail },
    {
      'www-authenticate': challengeOf(refusal),
      ...(refusal.code === 'nonce_required' && { 'dpop-nonce': nonce }),
    },
  )
}
