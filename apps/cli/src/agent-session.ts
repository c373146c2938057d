import { randomBytes } from 'node:crypto'
import type { AgentSession } from '@writ/identity'
import { createAgentSession, generateKeyPem, importPrivatePem } from '@writ/identity'
import type { StoredProfile } from './profile.ts'

/** A session of the enrolled agent: the session key is made here and lives in memory only. */
export function openSession({ profile, identityPem }: StoredProfile, resource?: string): AgentSession {
  return createAgentSession({
    issuer: profile.issuer,
    tokenEndpoint: profile.tokenEndpoint,
    agentId: profile.agentId,
    identityKey: importPrivatePem(identityPem),
    sessionKey: generateKeyPem().privateKey,
    ...(resource === undefined ? {} : { resource }),
    ports: { fetch, nowMs: Date.now, randomBytes },
  })
}
