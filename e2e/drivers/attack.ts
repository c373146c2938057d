import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { AccessTokenClaims, AgentView } from '@writ/contracts'
import type { AttackKit } from '@writ/identity/suites'
import { authoritySigner } from './authority.ts'
import { endSession, eventually } from './ledger.ts'
import { callTool } from './tenant.ts'
import type { EnrolledAgent } from './tenant.ts'
import type { World } from './world.ts'

export const claimsIn = (token: string): AccessTokenClaims =>
  AccessTokenClaims.parse(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()))

const BODY = Buffer.from(
  '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"lookup_order","arguments":{"order":"N-1"}}}',
)

/**
 * An agent with everything that the rows of the negative table start from: enrolled twice, so that there is an older epoch, with a session
 * beside its own that was ended, and a token that was revoked; all of it known to the gateway.
 */
export async function attackKit(
  world: World,
): Promise<{ readonly agent: EnrolledAgent; readonly kit: AttackKit }> {
  const { acme } = world
  const first = await acme.enrol()
  await first.call('lookup_order', { order: 'N-0' })
  const agent = await acme.enrolAgain(first.id)
  const other = agent.anotherSession()
  const endedSession = claimsIn(await other.accessToken()).sid
  const revokedToken = randomBytes(16).toString('base64url')
  await revokeToken(world, acme.id, revokedToken)
  await endSession(world, acme.id, endedSession)
  await acme.admin.send('PUT', `agents/${agent.id}/groups`, { groups: [] }, AgentView)
  await eventually(
    'the end of the session',
    async () => (await callTool(other, agent.url, 'lookup_order', {})).status === 401,
  )
  await eventually(
    'the new enrolment',
    async () => (await agent.call('lookup_order', { order: 'N-0' })).status === 200,
  )
  const accessToken = await agent.session.accessToken()
  const kit: AttackKit = {
    verb: 'POST',
    url: agent.url,
    body: BODY,
    nowMs: Date.now(),
    sessionKey: agent.sessionKey,
    accessToken,
    tokenEndpoint: `${world.platform.controlPlaneUrl}/t/acme/oauth/token`,
    newJti: () => randomBytes(16).toString('base64url'),
    authority: {
      signer: await authoritySigner(world.platform, acme.id),
      claims: claimsIn(accessToken),
      endedSession,
      revokedToken,
    },
  }
  return { agent, kit }
}

/** Names a token that no longer counts; the next bundle says so. */
async function revokeToken(world: World, tenantId: string, jti: string): Promise<void> {
  const client = new Client({ connectionString: world.platform.ownerUrl })
  await client.connect()
  try {
    await client.query("select set_config('app.tenant_id', $1, false)", [tenantId])
    await client.query(
      "insert into writ.revoked_tokens (tenant_id, jti, expires_at) values ($1, $2, now() + interval '1 hour')",
      [tenantId, jti],
    )
  } finally {
    await client.end()
  }
}
