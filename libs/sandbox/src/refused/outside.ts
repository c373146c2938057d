import { lstatSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Refused } from './refused.ts'

/** What is there on the machine outside of a sandbox: what is missing inside and is here was kept from it. */
export type Outside = {
  readonly hasPath: (path: string) => boolean
  /** an abstract socket */
  readonly hasName: (name: string) => boolean
  /** something takes connections or datagrams at the port */
  readonly hasPort: (port: number) => boolean
}

/**
 * Whether the sandbox is why it failed. A file that is nowhere is missing and not refused: programs look for such files all the time.
 * Sockets of services that rule a machine count wherever they would be.
 */
export function isKept({ what, about }: Refused, outside: Outside): boolean {
  if (what === 'make-missing') return outside.hasPath(dirname(about))
  if (what === 'socket-missing') return SERVICES.test(about) || outside.hasPath(about)
  if (what === 'name-missing') return outside.hasName(about)
  if (what === 'port-missing') return outside.hasPort(Number(/:(\d+)$/.exec(about)?.[1] ?? 0))
  return !what.endsWith('-missing') || outside.hasPath(about)
}

const SERVICES =
  /^(?:\/var)?\/run\/(?:[^/]+\/)*(?:docker|podman|containerd|crio|buildkit|dbus|systemd|snapd|libvirt|lxd|incus)\b/

export const machineOutside: Outside = {
  hasPath(path) {
    if (path.includes('\0')) return false
    try {
      return lstatSync(path, { throwIfNoEntry: false }) !== undefined
    } catch (error) {
      // where who runs the sandbox may not look, there may be something
      return error instanceof Error && 'code' in error && error.code === 'EACCES'
    }
  },
  hasName: (name) => linesOf('/proc/net/unix').some((line) => ABSTRACT.exec(line)?.[1] === name),
  hasPort: (port) =>
    TABLES.some(({ table, state }) =>
      linesOf(table).some((line) => {
        const [, local = '', , found = ''] = line.trim().split(/\s+/)
        return Number.parseInt(local.split(':')[1] ?? '', 16) === port && (state === null || found === state)
      }),
    ),
}

/** Of TCP only what listens. */
const TABLES = [
  { table: '/proc/net/tcp', state: '0A' },
  { table: '/proc/net/tcp6', state: '0A' },
  { table: '/proc/net/udp', state: null },
  { table: '/proc/net/udp6', state: null },
] as const

/** An abstract name may be filled up with zeros, which are shown as more of the same sign. */
const ABSTRACT = /@(.*?)@*$/

function linesOf(table: string): readonly string[] {
  try {
    return readFileSync(table, 'latin1').split('\n').slice(1)
  } catch {
    return []
  }
}
