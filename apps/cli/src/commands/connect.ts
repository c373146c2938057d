import { Slug } from '@writ/contracts'
import { openSession } from '../agent-session.ts'
import type { CliConfig } from '../config.ts'
import type { ExitCode } from '../failure.ts'
import { EXIT, Failure } from '../failure.ts'
import type { Profile } from '../profile.ts'
import { readProfile } from '../profile.ts'
import { serveHttp } from '../proxy/http.ts'
import { serveStdio } from '../proxy/stdio.ts'
import type { Terminal } from '../terminal.ts'

export type ConnectOptions = {
  readonly profile: string
  readonly connection: string
  readonly gateway: string | undefined
  /** port of the HTTP proxy on loopback; absent: stdio */
  readonly listen: number | undefined
}

/** The local signing proxy: an unmodified MCP client talks to it, and it signs each request for the gateway. */
export async function connect(
  config: CliConfig,
  options: ConnectOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const stored = await readProfile(config.WRIT_HOME, options.profile)
  const resource = resourceOf(stored.profile, options)
  const session = openSession(stored, resource)
  await session.accessToken().catch((cause: unknown) => {
    throw new Failure(
      `no access token: ${cause instanceof Error ? cause.message : 'no answer'}`,
      'Run `writ status`. A revoked agent must be enrolled again.',
      EXIT.unavailable,
    )
  })
  const upstream = { url: resource, send: session.fetch }
  if (options.listen === undefined) await serveStdio(upstream)
  else await serveHttp(upstream, options.listen, terminal)
  return EXIT.ok
}

function resourceOf(profile: Profile, { connection, gateway }: ConnectOptions): string {
  if (!Slug.safeParse(connection).success)
    throw new Failure(
      `\`${connection}\` cannot be a connection`,
      'A connection is a short name such as `tools`.',
    )
  const origin = gateway ?? profile.gateways[0]
  if (origin === undefined)
    throw new Failure('no gateway is known to this profile', 'Name one with --gateway.')
  return new URL(`/${profile.tenant}/${connection}/mcp`, origin).href
}
