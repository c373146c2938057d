import { randomBytes } from 'node:crypto'
import type { AgentSession } from '@writ/identity'
import { createAgentSession, generateKeyPem } from '@writ/identity'
import { send, sendSoon } from './network.ts'
import type { StoredProfile } from './profile.ts'

export type SessionScope = {
  /** URL of the one connection that tokens shall be for; absent: every gateway of the tenant */
  readonly resource?: string
  /** how long the authority may take for one answer */
  readonly patienceMs?: number
}

/** A session of the enrolled agent: the session key is made here and lives in memory only. */
export function openSession(
  { profile, identityKey }: StoredProfile,
  { resource, patienceMs }: SessionScope,
): AgentSession {
  return createAgentSession({
    issuer: profile.issuer,
    tokenEndpoint: profile.tokenEndpoint,
    agentId: profile.agentId,
    identityKey,
    sessionKey: generateKeyPem().privateKey,
    ...(resource === undefined ? {} : { resource }),
    ports: {
      // A tool may think for minutes; the authority answers at once.
      fetch: (url, init) =>
        url === profile.tokenEndpoint ? sendSoon(url, init, patienceMs) : send(url, init),
      nowMs: Date.now,
      randomBytes,
    },
  })
}
