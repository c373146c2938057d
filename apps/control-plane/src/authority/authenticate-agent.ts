import { isRefusal } from '@writ/contracts'
import type { AgentId, HumanId, PublicJwk, Refusal } from '@writ/contracts'
import { verifyClientAssertion } from '@writ/identity'
import type { AssertionPorts } from '@writ/identity'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/** An enrolled agent that has proven its identity key. */
export type AuthenticAgent = {
  readonly id: AgentId
  /** the human who owns it */
  readonly owner: HumanId
  readonly epoch: number
  /** of its identity keys that count, the newest first */
  readonly identityThumbprints: readonly string[]
  /** what its next session says, and what its assertion said */
  readonly joinSeq: number
  readonly assertedJoinSeq: number | null
}

/**
 * An agent that is unknown, of another tenant, not enrolled, suspended, locked or revoked has no key here, and so fails like a wrong key. What
 * happens to it at this very moment is told by its epoch: a token of an older one is worth nothing.
 */
export async function authenticateAgent(
  db: TenantDb,
  assertion: string,
  issuer: string,
  ports: AssertionPorts,
): Promise<AuthenticAgent | Refusal> {
  let row: EnrolledRow | null = null
  const identityKeysOf = async (id: AgentId) => {
    row = await enrolledAgent(db, id, ports.nowMs)
    return row ? keysOf(row) : []
  }
  const proven = await verifyClientAssertion(assertion, { audiences: [issuer], identityKeysOf }, ports)
  if (isRefusal(proven)) return proven
  const agent = row as EnrolledRow | null
  if (!agent) throw new Error('an agent that was authenticated is enrolled')
  return {
    id: agent.id,
    owner: agent.human_id,
    epoch: agent.epoch,
    identityThumbprints: [
      agent.identity_thumbprint,
      ...(agent.previous_thumbprint ? [agent.previous_thumbprint] : []),
    ],
    joinSeq: agent.join_seq,
    assertedJoinSeq: proven.joinSeq,
  }
}

type EnrolledRow = {
  id: AgentId
  human_id: HumanId
  epoch: number
  identity_jwk: PublicJwk
  identity_thumbprint: string
  previous_jwk: PublicJwk | null
  previous_thumbprint: string | null
  join_seq: number
}

/** The identity keys whose assertions count: the bound one, and for a while the one that it replaced. */
const keysOf = ({ identity_jwk, previous_jwk }: EnrolledRow): PublicJwk[] =>
  previous_jwk ? [identity_jwk, previous_jwk] : [identity_jwk]

const enrolledAgent = (db: TenantDb, id: AgentId, nowMs: number): Promise<EnrolledRow | null> =>
  db.first<EnrolledRow>(
    `select id, human_id, epoch, identity_jwk, identity_thumbprint, join_seq,
       case when previous_identity_until > $3 then previous_identity_jwk end as previous_jwk,
       case when previous_identity_until > $3 then previous_identity_thumbprint end as previous_thumbprint
     from writ.agents where tenant_id = $1 and id = $2 and status = 'enrolled'`,
    [id, new Date(nowMs)],
  )
