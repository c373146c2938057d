import type { GrantId, HumanId, ToolAuthorizations } from '@writ/contracts'
import type { GrantRequest } from '../grants/grant-request.ts'
import { narrowed } from '../grants/narrowed.ts'
import { OAuthError } from '../oauth-error.ts'
import type { Beginning } from '../sessions.ts'

/** What a human decided in a browser, and when and how they had signed in. */
export type Decided = {
  readonly grant: GrantId
  readonly authTime: Date | null
  readonly amr: readonly string[] | null
  readonly resources: readonly string[]
}

/** What a session begins with that rests on a consent. Locked: taking it back at this moment comes before, or ends the session. @throws OAuthError where the grant no longer counts */
export async function consented(
  { db, agent, authorizations, nowMs }: GrantRequest,
  { grant, authTime, amr, resources }: Decided,
): Promise<Beginning> {
  const row = await db.first<{
    human_id: HumanId
    authorization_details: ToolAuthorizations | null
    until: Date
  }>(
    `select human_id, authorization_details, until from writ.grants
     where tenant_id = $1 and id = $2 and agent_id = $3 and revoked_at is null and until > $4 for share`,
    [grant, agent.id, new Date(nowMs)],
  )
  if (!row) throw new OAuthError('invalid_grant', 'what the human gave no longer counts')
  return {
    human: row.human_id,
    parent: null,
    grant,
    authorizations: narrowed(authorizations, row.authorization_details),
    resources,
    authTime,
    amr,
    endsAt: row.until,
  }
}
