import { randomBytes } from 'node:crypto'
import type { TokenAnswer } from '@writ/contracts'
import type { AgentPorts, AgentSession, AgentSessionSettings, TokenOrder } from '@writ/identity'
import { AuthorityError, createAgentSession, generateKeyPem } from '@writ/identity'
import type { KeyStores } from './keys/key-stores.ts'
import { send, sendSoon } from './network.ts'
import type { StoredProfile } from './profile.ts'
import { readProfile } from './profile.ts'
import { settleRotation } from './rotation.ts'
import { counted } from './session-count.ts'

export type SessionScope = {
  /** URL of the one connection that tokens shall be for; absent: every gateway of the tenant */
  readonly resource?: string
  /** how long the authority may take for one answer */
  readonly patienceMs?: number
  /** begins the session by what a human decides; absent: the agent acts for its owner */
  readonly signIn?: SignIn
}

/** Begins a session by a human's yes. */
export type SignIn = (agent: SigningAgent) => Promise<void>
export type SigningAgent = {
  readonly order: TokenOrder
  readonly ports: AgentPorts
  /** Makes one request that may begin the session, under the session's number. A text: none was begun yet. */
  readonly attempt: <T extends TokenAnswer | string>(ask: (order: TokenOrder) => Promise<T>) => Promise<T>
}

/** What changes while a session lives: its number until it has begun, and the identity key when that is rotated. It is read at each request. */
type LiveSettings = AgentSessionSettings & {
  joinSeq: number
  identityKey: AgentSessionSettings['identityKey']
  /** what the next session says, once the authority has said so */
  nextJoinSeq: number | null
}

/** A session of the enrolled agent, begun: the session key is made here and lives in memory only. @throws AuthorityError, Failure */
export async function openSession(
  stored: StoredProfile,
  keys: KeyStores,
  scope: SessionScope = {},
): Promise<AgentSession> {
  const settings = settingsOf(stored, scope)
  const session = createAgentSession(settings)
  const underCurrentKey = currentKeyFor(stored, keys, settings)
  const { signIn } = scope
  if (signIn) await underCurrentKey(() => signIn(signingAgent(stored, settings)))
  else await underCurrentKey(() => beginForOwner(stored, settings, session))
  return {
    ...session,
    accessToken: () => underCurrentKey(session.accessToken),
    fetch: (...request) => underCurrentKey(() => session.fetch(...request)),
  }
}

function settingsOf(
  { profile, identityKey }: StoredProfile,
  { resource, patienceMs }: SessionScope,
): LiveSettings {
  const settings: LiveSettings = {
    issuer: profile.issuer,
    tokenEndpoint: profile.tokenEndpoint,
    agentId: profile.agentId,
    identityKey,
    sessionKey: generateKeyPem().privateKey,
    joinSeq: profile.joinSeq,
    nextJoinSeq: null,
    keepJoinSeq: (next) => void (settings.nextJoinSeq = next),
    ...(resource === undefined ? {} : { resource }),
    ports: {
      // A tool may think for minutes; the authority answers at once.
      fetch: (url, init) =>
        url.startsWith(`${profile.issuer}/`) ? sendSoon(url, init, patienceMs) : send(url, init),
      nowMs: Date.now,
      randomBytes,
    },
  }
  return settings
}

const beginForOwner = (stored: StoredProfile, settings: LiveSettings, session: AgentSession): Promise<void> =>
  counted(stored, async (joinSeq) => {
    settings.joinSeq = joinSeq
    await session.accessToken()
    return { answer: undefined, joinSeq: settings.nextJoinSeq ?? joinSeq }
  })

const signingAgent = (stored: StoredProfile, settings: LiveSettings): SigningAgent => ({
  order: settings,
  ports: settings.ports,
  attempt: (ask) =>
    counted(stored, async (joinSeq) => {
      settings.joinSeq = joinSeq
      const answer = await ask(settings)
      return { answer, joinSeq: typeof answer === 'string' ? null : (answer.join_seq ?? joinSeq) }
    }),
})

/**
 * Another process may rotate the identity key, and the old one counts for a day only: an agent that is not known by its key any more looks
 * whether there is a newer one. Nothing was sent but the request for a token, so it can be done again.
 */
function currentKeyFor(stored: StoredProfile, keys: KeyStores, settings: LiveSettings) {
  const isRenewed = async (): Promise<boolean> => {
    const { identityKey, profile } = await settleRotation(
      await readProfile(stored.home, stored.name, keys),
      keys,
    )
    if (profile.agentId !== settings.agentId || identityKey.equals(settings.identityKey)) return false
    settings.identityKey = identityKey
    return true
  }
  return async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof AuthorityError) || error.error !== 'invalid_client') throw error
      if (!(await isRenewed())) throw error
      return work()
    }
  }
}
