import { Slug } from '@writ/contracts'
import type { SessionScope } from '../agent-session.ts'
import { openSession } from '../agent-session.ts'
import type { CliConfig } from '../config.ts'
import { daemonStatus } from '../daemon/admin-client.ts'
import type { ExitCode } from '../failure.ts'
import { EXIT, Failure } from '../failure.ts'
import { keyStoresOf } from '../keys/key-stores.ts'
import { send, serverIn } from '../network.ts'
import type { Profile } from '../profile.ts'
import { readProfile, readProfileOnly } from '../profile.ts'
import { serveHttp } from '../proxy/http.ts'
import { serveStdio } from '../proxy/stdio.ts'
import type { Upstream } from '../proxy/upstream.ts'
import type { Terminal } from '../terminal.ts'
import { deniedBy, signInWith } from './login.ts'
import { refusedToken } from './refused-token.ts'

export type ConnectOptions = {
  readonly profile: string
  /** absent: all connections of the agent's groups as one server */
  readonly connection: string | undefined
  readonly gateway: string | undefined
  /** port of the HTTP proxy on loopback; absent: stdio */
  readonly listen: number | undefined
  /** a human signs in first, and the agent acts for them */
  readonly login: boolean
  /** they do it in a browser on this machine */
  readonly browser: boolean
  /** a daemon of this profile signs, where one runs: its session is this one then */
  readonly daemon: boolean
}

/** The local signing proxy: an unmodified MCP client talks to it, and it signs each request for the gateway. */
export async function connect(
  config: CliConfig,
  options: ConnectOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const viaDaemon = await upstreamOfDaemon(config, options)
  if (viaDaemon !== null) {
    await serveStdio(viaDaemon, { ...terminal.pipes(), note: terminal.note })
    return EXIT.ok
  }
  const keys = keyStoresOf(config, terminal)
  const stored = await readProfile(config.WRIT_HOME, options.profile, keys)
  const resource = resourceOf(stored.profile, options, config)
  const session = await openSession(stored, keys, { resource, ...signInOf(options, terminal) }).catch(
    (error: unknown) => {
      throw options.login || options.browser ? deniedBy(error) : refusedToken(error)
    },
  )
  const upstream = { url: resource, send: session.fetch }
  if (options.listen === undefined) await serveStdio(upstream, { ...terminal.pipes(), note: terminal.note })
  else await serveHttp(upstream, options.listen, terminal)
  return EXIT.ok
}

/** Null where this program has to sign itself: no daemon of this agent runs, or what is asked for is not what it does. */
async function upstreamOfDaemon(config: CliConfig, options: ConnectOptions): Promise<Upstream | null> {
  const { daemon, listen, login, browser, gateway, connection } = options
  if (!daemon || listen !== undefined || login || browser || gateway !== undefined) return null
  const profile = await readProfileOnly(config.WRIT_HOME, options.profile)
  const status = await daemonStatus(config)
  if (status === null || status.proxyUrl === null || status.agentId !== profile.agentId) return null
  return { url: `${status.proxyUrl}/${placeOf(connection)}mcp`, send }
}

const signInOf = (options: ConnectOptions, terminal: Terminal): Pick<SessionScope, 'signIn'> =>
  options.login || options.browser ? { signIn: signInWith(options, terminal) } : {}

function resourceOf(profile: Profile, { connection, gateway }: ConnectOptions, config: CliConfig): string {
  const known = gateway ?? profile.gateways[0]
  if (known === undefined)
    throw new Failure('no gateway is known to this profile', 'Name one with --gateway.')
  return `${serverIn(known, config)}/${profile.tenant}/${placeOf(connection)}mcp`
}

/** What stands before `mcp` in the path of a connection, or of all of them. */
function placeOf(connection: string | undefined): string {
  if (connection === undefined) return ''
  if (Slug.safeParse(connection).success) return `${connection}/`
  throw new Failure('that cannot be a connection', 'A connection is a short name such as `tools`.')
}
