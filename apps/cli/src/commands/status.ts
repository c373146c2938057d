import { AuthorityError, publicJwkOf, thumbprintOf } from '@writ/identity'
import { openSession } from '../agent-session.ts'
import type { CliConfig } from '../config.ts'
import type { ExitCode } from '../failure.ts'
import { EXIT, Failure } from '../failure.ts'
import type { KeyStores } from '../keys/key-stores.ts'
import { keyStoresOf } from '../keys/key-stores.ts'
import { KEPT } from '../keys/kinds.ts'
import { sendSoon, Unanswered } from '../network.ts'
import type { StoredProfile } from '../profile.ts'
import { readProfile } from '../profile.ts'
import type { Terminal } from '../terminal.ts'
import { show } from '../terminal.ts'

const PATIENCE_MS = 5_000

type AuthorityView = {
  readonly issuer: string
  readonly state: 'gives tokens' | 'gives none' | 'does not answer'
  readonly detail: string | null
}
type GatewayView = { readonly origin: string; readonly answers: boolean }

/** Who this profile is, where its key is, and whether the authority and the gateways answer it now. */
export async function status(config: CliConfig, profileName: string, terminal: Terminal): Promise<ExitCode> {
  const keys = keyStoresOf(config, terminal)
  const stored = await readProfile(config.WRIT_HOME, profileName, keys)
  const { profile } = stored
  const [authority, gateways] = await Promise.all([
    authorityOf(stored, keys),
    Promise.all(profile.gateways.map(reachOf)),
  ])
  const value = {
    profile: profileName,
    agent: profile.agentId,
    agentName: profile.agentName,
    tenant: profile.tenant,
    keyStore: profile.keyStore,
    identityKey: thumbprintOf(publicJwkOf(stored.identityKey)),
    enrolledAt: profile.enrolledAt,
    authority,
    gateways,
    advice: adviceOf(authority, gateways),
  }
  const lines = [
    `${profile.agentName} (${profile.agentId}) in tenant ${profile.tenant}, enrolled ${profile.enrolledAt}`,
    `identity key ${value.identityKey}, kept ${KEPT[profile.keyStore]}`,
    `authority ${authority.issuer}: ${authority.state}${authority.detail === null ? '' : ` (${authority.detail})`}`,
    ...gateways.map(({ origin, answers }) => `gateway ${origin}: ${answers ? 'answers' : 'does not answer'}`),
    value.advice,
  ]
  show(terminal, value, lines.join('\n'))
  return isFit(authority, gateways) ? EXIT.ok : EXIT.unavailable
}

async function authorityOf(stored: StoredProfile, keys: KeyStores): Promise<AuthorityView> {
  const { issuer } = stored.profile
  try {
    await openSession(stored, keys, { patienceMs: PATIENCE_MS })
    return { issuer, state: 'gives tokens', detail: null }
  } catch (error) {
    if (error instanceof AuthorityError) return { issuer, state: 'gives none', detail: error.message }
    if (error instanceof Failure && !(error instanceof Unanswered)) throw error
    return {
      issuer,
      state: 'does not answer',
      detail: error instanceof Unanswered ? error.reason : 'in words that this writ can read',
    }
  }
}

/** The origin answers with the metadata that every gateway publishes. */
async function reachOf(origin: string): Promise<GatewayView> {
  const probe = new URL('/.well-known/oauth-protected-resource', origin)
  const answers = await sendSoon(probe.href, {}, PATIENCE_MS).then(
    (response) => response.ok,
    () => false,
  )
  return { origin, answers }
}

const isFit = ({ state }: AuthorityView, gateways: readonly GatewayView[]): boolean =>
  state === 'gives tokens' && gateways.some(({ answers }) => answers)

function adviceOf(authority: AuthorityView, gateways: readonly GatewayView[]): string {
  if (authority.state === 'gives none')
    return 'This agent can make no calls: it may be revoked, or locked because two copies of it were seen. An admin can say, and make a new enrolment token.'
  const isServed = gateways.some(({ answers }) => answers)
  if (authority.state === 'does not answer')
    return isServed
      ? 'Gateways go on serving those who hold a token, for minutes. New ones need the control plane: is it running?'
      : 'Nothing answers: is the platform running (`npm start`), and can this machine reach it?'
  return isServed ? 'Ready: writ connect --connection <name>' : 'No gateway answers: is one running?'
}
