import { TOKEN_TYPES } from '@writ/contracts'
import type { GrantId, HumanId, ToolAuthorizations } from '@writ/contracts'
import type { TenantDb } from '../../tenancy/tenant-db.ts'
import { invalid } from '../form.ts'
import type { IdTokens } from '../id-tokens.ts'
import type { Granted, GrantRequest } from './grant-request.ts'
import { narrowed } from './narrowed.ts'

/** An agent acts for the human whom an ID token of the tenant's identity provider is about: its owner, or one who has let it. */
export async function forSignedInHuman(
  request: GrantRequest,
  idToken: string,
  idTokens: IdTokens,
): Promise<Granted> {
  const subject = await idTokens.humanOf(request.db, idToken, request)
  if (!subject) throw invalid('the subject token does not hold')
  const grant = await grantFor(request, subject.human)
  return {
    beginning: {
      human: subject.human,
      parent: null,
      grant: grant?.id ?? null,
      authorizations: narrowed(request.authorizations, grant?.authorization_details ?? null),
      resources: [],
      authTime: subject.authTime,
      amr: subject.amr,
      endsAt: grant?.until ?? null,
    },
    issuedTokenType: TOKEN_TYPES.accessToken,
  }
}

/** @returns null for the owner, who needs none. @throws OAuthError where somebody else has not let the agent */
async function grantFor({ db, agent, nowMs }: GrantRequest, human: HumanId): Promise<GrantRow | null> {
  if (human === agent.owner) return null
  const grant = await liveGrant(db, { agent: agent.id, human, nowMs })
  if (!grant) throw invalid('this human has not let the agent act for them')
  return grant
}

type GrantRow = { id: GrantId; authorization_details: ToolAuthorizations | null; until: Date }

const liveGrant = (
  db: TenantDb,
  { agent, human, nowMs }: { readonly agent: string; readonly human: HumanId; readonly nowMs: number },
): Promise<GrantRow | null> =>
  db.first<GrantRow>(
    `select id, authorization_details, until from writ.grants where tenant_id = $1 and agent_id = $2 and human_id = $3
       and revoked_at is null and until > $4 order by granted_at desc, id desc limit 1 for share`,
    [agent, human, new Date(nowMs)],
  )
