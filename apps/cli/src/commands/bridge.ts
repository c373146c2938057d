import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import type { Environment } from '@writ/runtime'
import { announceReady, listenOn, onShutdown } from '@writ/runtime'
import { createBridge } from '../bridge/bridge.ts'
import { createDoor, openSecret } from '../bridge/secret.ts'
import type { Certified } from '../bridge/serve-bridge.ts'
import { createBridgeServer } from '../bridge/serve-bridge.ts'
import type { CliConfig } from '../config.ts'
import type { ExitCode } from '../failure.ts'
import { EXIT, Failure } from '../failure.ts'
import type { Terminal } from '../terminal.ts'
import { show } from '../terminal.ts'

export type BridgeOptions = {
  readonly listen: string
  readonly secretFile: string | undefined
  /** PEM files; both, or plain HTTP */
  readonly tlsCert: string | undefined
  readonly tlsKey: string | undefined
  readonly sessions: number
  /** seconds */
  readonly idle: number
}

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost'])
const LINE_BYTES = 8 * 1024 * 1024

/** Makes a stdio server reachable by a gateway, until it is told to stop. */
export async function bridge(
  config: Pick<CliConfig, 'WRIT_HOME'>,
  started: {
    readonly command: readonly string[]
    readonly options: BridgeOptions
    readonly env: Environment
  },
  terminal: Terminal,
): Promise<ExitCode> {
  const { command, options, env } = started
  const place = placeIn(options.listen)
  const tls = await certifiedIn(options)
  const path = options.secretFile ?? join(config.WRIT_HOME, 'bridge', 'secret')
  const { secret, isNew } = await openSecret(path)
  const program = {
    command,
    env,
    lineBytes: LINE_BYTES,
    note: (line: string) => terminal.note(`server: ${line}`),
  }
  const servers = createBridge(program, { sessions: options.sessions, idleMs: options.idle * 1000 })
  const server = createBridgeServer(servers, createDoor(secret), tls)
  const port = await listenOn(server, place).catch(() => {
    throw new Failure(
      `cannot listen on ${options.listen}`,
      'Choose another with --listen, or port 0 for any free one.',
    )
  })
  const url = `http${tls === null ? '' : 's'}://${isIP(place.host) === 6 ? `[${place.host}]` : place.host}:${port}/mcp`
  show(terminal, { url, secretFile: path, isNew }, linesOf(url, path, isNew))
  if (tls === null && !LOOPBACK.has(place.host))
    terminal.note(
      'writ: this bridge is reachable from outside, in plain HTTP: name a certificate (--tls-cert, --tls-key), or the secret is seen on the way',
    )
  announceReady({ port })
  await new Promise<void>((resolve) => {
    onShutdown(async () => {
      server.close()
      await servers.close()
      server.closeAllConnections()
      resolve()
    })
  })
  return EXIT.ok
}

const linesOf = (url: string, path: string, isNew: boolean): string =>
  [
    `Bridge at ${url}`,
    `Who shows the secret in ${path} is served${isNew ? ' (made now)' : ''}: give the connection a credential of the kind api-key, header x-api-key, with what stands there.`,
  ].join('\n')

async function certifiedIn({ tlsCert, tlsKey }: BridgeOptions): Promise<Certified | null> {
  if (tlsCert === undefined && tlsKey === undefined) return null
  if (tlsCert === undefined || tlsKey === undefined)
    throw new Failure('a certificate and its key belong together', 'Name both: --tls-cert and --tls-key.')
  try {
    return { cert: await readFile(tlsCert, 'utf8'), key: await readFile(tlsKey, 'utf8') }
  } catch {
    throw new Failure(`${tlsCert} or ${tlsKey} cannot be read`, 'Name PEM files that this user can read.')
  }
}

/** @throws Failure where it is no host and port */
function placeIn(listen: string): { readonly host: string; readonly port: number } {
  const [, host = '127.0.0.1', digits = ''] = /^(?:(\[[0-9a-f:.]+\]|[\w.-]+):)?(\d{1,5})$/i.exec(listen) ?? []
  const port = Number(digits)
  if (digits === '' || port > 65_535)
    throw new Failure('that is no place to listen at', 'Name a port, or host:port such as 127.0.0.1:7430.')
  return { host: host.replaceAll(/[[\]]/g, ''), port }
}
