import { publicJwkOf, thumbprintOf } from '@writ/identity'
import { openSession } from '../agent-session.ts'
import type { CliConfig } from '../config.ts'
import type { ExitCode } from '../failure.ts'
import { EXIT } from '../failure.ts'
import { keyStoresOf } from '../keys/key-stores.ts'
import { KEPT } from '../keys/kinds.ts'
import { readProfile } from '../profile.ts'
import type { Terminal } from '../terminal.ts'
import { show } from '../terminal.ts'
import { claimsIn } from '../token-claims.ts'
import { refusedToken } from './refused-token.ts'

/** Who the authority says that this agent is: seen in a token of a session that is begun for the purpose. */
export async function whoami(config: CliConfig, profileName: string, terminal: Terminal): Promise<ExitCode> {
  const keys = keyStoresOf(config, terminal)
  const stored = await readProfile(config.WRIT_HOME, profileName, keys)
  const session = await openSession(stored, keys).catch((error: unknown) => {
    throw refusedToken(error)
  })
  const claims = claimsIn(await session.accessToken())
  const { profile } = stored
  const value = {
    profile: profileName,
    agent: claims.client_id,
    agentName: profile.agentName,
    tenant: profile.tenant,
    tenantId: claims.tid,
    human: claims.sub,
    session: claims.sid,
    tokenExpiresAt: new Date(claims.exp * 1_000).toISOString(),
    keyStore: profile.keyStore,
    identityKey: thumbprintOf(publicJwkOf(stored.identityKey)),
    issuer: profile.issuer,
  }
  const lines = [
    `${value.agentName} (${value.agent}) in tenant ${value.tenant} (${value.tenantId})`,
    `acts for ${value.human}`,
    `session ${value.session}, token until ${value.tokenExpiresAt}`,
    `identity key ${value.identityKey}, kept ${KEPT[value.keyStore]}`,
    `authority ${value.issuer}`,
  ]
  show(terminal, value, lines.join('\n'))
  return EXIT.ok
}
