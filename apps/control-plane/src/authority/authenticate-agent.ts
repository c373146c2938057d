import { isRefusal } from '@writ/contracts'
import type { AgentId, HumanId, PublicJwk, Refusal } from '@writ/contracts'
import { verifyClientAssertion } from '@writ/identity'
import type { AssertionPorts } from '@writ/identity'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/** An enrolled agent that has proven its identity key. */
export type AuthenticAgent = {
  readonly id: AgentId
  readonly human: HumanId
  readonly epoch: number
  readonly identityThumbprint: string
}

/** An agent that is unknown, of another tenant, not enrolled or revoked has no key here, and so fails like a wrong key. */
export async function authenticateAgent(
  db: TenantDb,
  assertion: string,
  audiences: readonly string[],
  ports: AssertionPorts,
): Promise<AuthenticAgent | Refusal> {
  const identityKeyOf = async (id: AgentId) => (await enrolledAgent(db, id))?.identity_jwk
  const proven = await verifyClientAssertion(assertion, { audiences, identityKeyOf }, ports)
  if (isRefusal(proven)) return proven
  const row = await enrolledAgent(db, proven.agentId)
  if (!row) throw new Error('an agent that was authenticated is enrolled')
  return { id: row.id, human: row.human_id, epoch: row.epoch, identityThumbprint: row.identity_thumbprint }
}

type EnrolledRow = {
  id: AgentId
  human_id: HumanId
  epoch: number
  identity_jwk: PublicJwk
  identity_thumbprint: string
}

// Locked: a revocation at the same moment comes before or after the whole token request.
const enrolledAgent = (db: TenantDb, id: AgentId): Promise<EnrolledRow | null> =>
  db.first<EnrolledRow>(
    `select id, human_id, epoch, identity_jwk, identity_thumbprint from writ.agents
     where tenant_id = $1 and id = $2 and status = 'enrolled' for share`,
    [id],
  )
