import type { ClientProfile } from '../profiles.ts'
import { TOOL_HOMES } from '../profiles.ts'
import { PROTECTED } from './protected.ts'

export type SeatbeltAsk = {
  readonly profile: ClientProfile
  readonly home: string
  readonly workspaces: readonly string[]
  readonly readable: readonly string[]
  readonly writable: readonly string[]
  /** the directory of this run: sockets, certificates, a private temporary directory */
  readonly runDirectory: string
  /** the one port of loopback that may be reached */
  readonly proxyPort: number
  readonly hookSocket: string
}

/**
 * A profile of macOS' sandbox-exec (SBPL, version 1). Later rules win. Deny by default; what runs programs is allowed; homes are closed but for
 * what the client needs; writing is in the workspace; the network is one port of loopback and the socket of the hooks.
 */
export function seatbeltProfile(ask: SeatbeltAsk): string {
  const { home, profile, runDirectory, workspaces } = ask
  const client = (as: string) =>
    profile.home.filter((entry) => entry.as === as).map(({ path }) => `${home}/${path}`)
  const readable = [
    ...TOOL_HOMES.map((path) => `${home}/${path}`),
    ...client('read'),
    ...client('copy'),
    ...ask.readable,
  ]
  const writable = [...workspaces, ...ask.writable, ...client('write'), runDirectory]
  const held = workspaces.flatMap((workspace) => PROTECTED.map(({ path }) => `${workspace}/${path}`))
  return [
    '(version 1)',
    '(deny default)',
    '(import "system.sb")',
    '(allow process-exec process-fork)',
    '(allow process-info* signal (target same-sandbox))',
    '(allow sysctl-read)',
    '(allow file-read* (subpath "/"))',
    rule('deny file-read*', PRIVATE_ON_MAC.map(subpath)),
    '(allow file-read-metadata (subpath "/Users"))',
    rule('allow file-read*', [...readable, ...writable].map(subpath)),
    rule('allow file-write*', writable.map(subpath)),
    '(allow file-write* (literal "/dev/null") (literal "/dev/tty") (regex #"^/dev/ttys[0-9]+$"))',
    rule('deny file-write*', held.map(subpath)),
    // moving what is above a held path would move it away
    rule('deny file-write-unlink', aboveAll(held, workspaces).map(literal)),
    '(deny network*)',
    `(allow network-outbound (remote ip "localhost:${ask.proxyPort}"))`,
    `(allow network-outbound (remote unix-socket (path-literal ${quoted(ask.hookSocket)})))`,
    '(allow network-bind network-inbound (local ip "localhost:*"))',
  ].join('\n')
}

const PRIVATE_ON_MAC = [
  '/Users',
  '/private/var/root',
  '/private/tmp',
  '/private/var/folders',
  '/private/etc/master.passwd',
  '/private/etc/ssh',
  '/private/var/run',
  '/Volumes',
  '/Library/Keychains',
  '/private/var/db',
]

const rule = (head: string, filters: readonly string[]): string => `(${head} ${filters.join(' ')})`
const subpath = (path: string): string => `(subpath ${quoted(path)})`
const literal = (path: string): string => `(literal ${quoted(path)})`
const quoted = (path: string): string => `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`

function aboveAll(held: readonly string[], workspaces: readonly string[]): readonly string[] {
  const parents = held.map((path) => path.slice(0, path.lastIndexOf('/')))
  return [...new Set([...parents, ...workspaces])]
}
