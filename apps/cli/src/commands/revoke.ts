import { readFile } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { AgentView, SessionId } from '@writ/contracts'
import { askAuthority, AuthorityError, generateKeyPem } from '@writ/identity'
import type { ApiAccess } from '../api.ts'
import { callApi, deleteByApi } from '../api.ts'
import type { CliConfig } from '../config.ts'
import type { ExitCode } from '../failure.ts'
import { EXIT, Failure } from '../failure.ts'
import { keyStoresOf } from '../keys/key-stores.ts'
import { serverIn } from '../network.ts'
import type { StoredProfile } from '../profile.ts'
import { readProfile, readProfileOnly } from '../profile.ts'
import { AUTHORITY_PORTS } from '../rotation.ts'
import type { Terminal } from '../terminal.ts'
import { show } from '../terminal.ts'

export type RevokeOptions = {
  readonly profile: string
  readonly url: string
  /** file with an access token of this agent; `-`: stdin */
  readonly token: string | undefined
  readonly session: string | undefined
  /** the whole agent */
  readonly agent: boolean
}

/** Ends one thing: a token, by the agent itself; a session or the agent, by an admin. */
export async function revoke(
  config: CliConfig,
  options: RevokeOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const { token, session, agent } = options
  if ([token !== undefined, session !== undefined, agent].filter(Boolean).length !== 1)
    throw new Failure('say what ends', 'Give one of --token <file>, --session <id> and --agent.')
  if (token !== undefined) return revokeToken(config, options.profile, token, terminal)
  const access = { origin: serverIn(options.url, config), apiKey: config.WRIT_API_KEY }
  return session === undefined
    ? revokeAgent(config, options.profile, access, terminal)
    : endSession(session, access, terminal)
}

/** RFC 7009: the agent gives up a token of its own, one that was seen where it should not be. */
async function revokeToken(
  config: CliConfig,
  profileName: string,
  file: string,
  terminal: Terminal,
): Promise<ExitCode> {
  const stored = await readProfile(config.WRIT_HOME, profileName, keyStoresOf(config, terminal))
  const token = await tokenIn(file, terminal.pipes().input)
  await giveUpToken(stored, token).catch((error: unknown) => {
    throw error instanceof AuthorityError ? notRevoked(error) : error
  })
  show(
    terminal,
    { profile: profileName, agent: stored.profile.agentId, revoked: 'token' },
    'The token is over; gateways hear of it within a second. Its session can get another: an admin ends that.',
  )
  return EXIT.ok
}

async function giveUpToken({ profile, identityKey }: StoredProfile, token: string): Promise<void> {
  const { issuer, agentId } = profile
  const client = { issuer, agentId, identityKey, sessionKey: generateKeyPem().privateKey }
  await askAuthority(client, `${issuer}/revoke`, { token, token_type_hint: 'access_token' }, AUTHORITY_PORTS)
}

/** Never as an argument, which every user of the machine sees. */
async function tokenIn(file: string, stdin: Readable): Promise<string> {
  const read = file === '-' ? text(stdin) : readFile(file, 'utf8')
  const token = (await read.catch(() => '')).trim()
  if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return token
  throw new Failure(
    'there is no access token in that',
    'Give a file that holds the token and nothing else, or `-` for stdin.',
  )
}

const notRevoked = ({ message }: AuthorityError): Failure =>
  new Failure(
    `the token was not revoked: ${message}`,
    'It must be a token of this very agent; `writ status` says whether the authority knows it.',
    EXIT.unavailable,
  )

async function endSession(session: string, access: ApiAccess, terminal: Terminal): Promise<ExitCode> {
  if (!SessionId.safeParse(session).success)
    throw new Failure(
      'that is not the id of a session',
      'It begins with ses_; records and GET /api/v1/sessions name it.',
    )
  await deleteByApi(access, `sessions/${session}`)
  show(terminal, { session, revoked: 'session' }, `${session} is over; gateways hear of it within a second.`)
  return EXIT.ok
}

async function revokeAgent(
  config: CliConfig,
  profileName: string,
  access: ApiAccess,
  terminal: Terminal,
): Promise<ExitCode> {
  // Without its key: that may be what was lost.
  const { agentId } = await readProfileOnly(config.WRIT_HOME, profileName)
  const { id, name, status } = await callApi(access, `agents/${agentId}/revoke`, AgentView, {})
  show(
    terminal,
    { profile: profileName, agent: id, agentName: name, status, revoked: 'agent' },
    `${name} (${id}) is revoked, for good: its sessions and tokens are over. Its profile here is of no use any more.`,
  )
  return EXIT.ok
}
