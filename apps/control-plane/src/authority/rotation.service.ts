import { Injectable } from '@nestjs/common'
import { isRefusal } from '@writ/contracts'
import type { AgentId, PublicJwk, RotationAnswer } from '@writ/contracts'
import { verifyProof, verifyRotation } from '@writ/identity'
import type { ProofPorts, ProvenKey } from '@writ/identity'
import { Clock } from '../clock.ts'
import { Settings } from '../settings.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { AuthorityRecords } from './authority-records.ts'
import { bindIdentityKey, isKeyTaken } from './identity-keys.ts'
import { AuthorityNonces } from './nonces.ts'
import { OAuthError, oauthErrorOf } from './oauth-error.ts'
import type { SignedRequest } from './signed-request.ts'
import { replayGuardOf } from './used-proofs.ts'

/** For so long assertions by the replaced key still count: whoever shares the agent's state may not have seen the new key yet. */
const OVERLAP_MS = 24 * 3_600_000

/** Replaces the identity key of an agent: the key that goes names the one that comes, and that one proves itself under a nonce. */
@Injectable()
export class RotationService {
  constructor(
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly nonces: AuthorityNonces,
    private readonly records: AuthorityRecords,
  ) {}

  /** Sessions go on: it is the same agent. @throws OAuthError */
  async rotate(db: TenantDb, statement: string, signed: SignedRequest): Promise<RotationAnswer> {
    const nowMs = this.clock.nowMs()
    const ports = { replay: replayGuardOf(db), nonces: this.nonces.enrolment, nowMs }
    const key = await this.#provenKey(db, signed, ports)
    const agentId = await this.#nameOfNewKey(db, statement, { key, ports })
    if (await isKeyTaken(db, key.keyThumbprint)) throw keyRefused()
    const previousUntil = new Date(nowMs + OVERLAP_MS)
    const { name, before } = await replaceKey(db, agentId, { key, previousUntil })
    await bindIdentityKey(db, agentId, key.keyThumbprint)
    await this.records.rotated(db, { id: agentId, name }, { before, after: key.keyThumbprint })
    return { agentId, identityKey: key.keyThumbprint, previousUntil: previousUntil.toISOString() }
  }

  async #provenKey(db: TenantDb, signed: SignedRequest, ports: ProofPorts): Promise<ProvenKey> {
    if (signed.dpop.length === 0)
      throw new OAuthError('invalid_request', 'a DPoP proof by the new key is needed')
    const resource = `${this.settings.issuerOf(db.tenant.slug)}/rotate`
    const key = await verifyProof({ ...signed, verb: 'POST', resource }, ports)
    if (isRefusal(key)) throw oauthErrorOf(key, ports.nonces.current())
    return key
  }

  async #nameOfNewKey(
    db: TenantDb,
    statement: string,
    { key, ports }: { readonly key: ProvenKey; readonly ports: ProofPorts },
  ): Promise<AgentId> {
    const audiences = [this.settings.issuerOf(db.tenant.slug)]
    const identityKeysOf = (id: AgentId) => boundKeyOf(db, id)
    const named = await verifyRotation(statement, { audiences, identityKeysOf }, ports)
    if (isRefusal(named)) throw oauthErrorOf(named, ports.nonces.current())
    if (named.newThumbprint !== key.keyThumbprint)
      throw new OAuthError('invalid_dpop_proof', 'the proof is not by the key that the statement names')
    return named.agentId
  }
}

// The bound key alone, not the one before it: who is left with that one cannot rotate it back. Locked: rotations take turns.
async function boundKeyOf(db: TenantDb, id: AgentId): Promise<PublicJwk[]> {
  const row = await db.first<{ identity_jwk: PublicJwk }>(
    `select identity_jwk from writ.agents where tenant_id = $1 and id = $2 and status = 'enrolled' for no key update`,
    [id],
  )
  return row ? [row.identity_jwk] : []
}

async function replaceKey(
  db: TenantDb,
  id: AgentId,
  { key, previousUntil }: { readonly key: ProvenKey; readonly previousUntil: Date },
): Promise<{ readonly name: string; readonly before: string }> {
  const row = await db.first<{ name: string; before: string }>(
    `update writ.agents set previous_identity_jwk = identity_jwk, previous_identity_thumbprint = identity_thumbprint,
       previous_identity_until = $5, identity_jwk = $3, identity_thumbprint = $4
     where tenant_id = $1 and id = $2 returning name, previous_identity_thumbprint as before`,
    [id, JSON.stringify(key.publicJwk), key.keyThumbprint, previousUntil],
  )
  if (!row) throw new Error('an agent that was authenticated is there')
  return row
}

const keyRefused = (): OAuthError =>
  new OAuthError('invalid_grant', 'this key cannot become the identity of the agent')
