import { createHash } from 'node:crypto'
import { importPrivatePem, publicJwkOf, thumbprintOf } from '@writ/identity'
import { openSession } from '../agent-session.ts'
import type { CliConfig } from '../config.ts'
import type { ExitCode } from '../failure.ts'
import { EXIT } from '../failure.ts'
import type { StoredProfile } from '../profile.ts'
import { readProfile } from '../profile.ts'
import type { Terminal } from '../terminal.ts'
import { show } from '../terminal.ts'

/** Who this profile is, where its key is, and whether the authority and the gateways answer it now. */
export async function status(config: CliConfig, profileName: string, terminal: Terminal): Promise<ExitCode> {
  const stored = await readProfile(config.WRIT_HOME, profileName)
  const { profile } = stored
  const [authority, gateways] = await Promise.all([
    authorityOf(stored),
    Promise.all(profile.gateways.map(reachOf)),
  ])
  const identityKey = thumbprintOf(publicJwkOf(importPrivatePem(stored.identityPem)))
  const value = {
    profile: profileName,
    agent: profile.agentId,
    agentName: profile.agentName,
    tenant: profile.tenant,
    keyStore: profile.keyStore,
    identityKey,
    authority,
    gateways,
  }
  const lines = [
    `${profile.agentName} (${profile.agentId}) in tenant ${profile.tenant}`,
    `identity key ${identityKey}, kept in a file that only you can read`,
    `authority ${profile.issuer}: ${authority.state}`,
    ...gateways.map(({ origin, answers }) => `gateway ${origin}: ${answers ? 'answers' : 'does not answer'}`),
  ]
  show(terminal, value, lines.join('\n'))
  return authority.state === 'gives tokens' && gateways.some(({ answers }) => answers)
    ? EXIT.ok
    : EXIT.unavailable
}

async function authorityOf(stored: StoredProfile): Promise<{ state: string; token?: string }> {
  try {
    const token = await openSession(stored).accessToken()
    return { state: 'gives tokens', token: createHash('sha256').update(token).digest('hex').slice(0, 12) }
  } catch (error) {
    return { state: `gives no token: ${error instanceof Error ? error.message : 'no answer'}` }
  }
}

async function reachOf(origin: string): Promise<{ origin: string; answers: boolean }> {
  const probe = new URL('/.well-known/oauth-protected-resource', origin)
  const answers = await fetch(probe, { signal: AbortSignal.timeout(5_000) }).then(
    (response) => response.ok,
    () => false,
  )
  return { origin, answers }
}
