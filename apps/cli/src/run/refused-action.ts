import type { LocalAction } from '@writ/contracts'
import type { RefusedThing } from '@writ/sandbox'

/** What was refused, as an action of the hooks channel. */
export function actionOf(thing: RefusedThing): LocalAction {
  const { what, call, about, more } = thing
  const kind = FILE_KINDS[what]
  if (kind !== undefined) return { kind, path: more ? `${about.replace(/\/$/, '')}/…` : about }
  return connectOf(thing) ?? { kind: 'kernel.call', call, about: more ? '…' : about }
}

const FILE_KINDS: Readonly<
  Partial<Record<RefusedThing['what'], 'file.read' | 'file.write' | 'file.delete'>>
> = {
  read: 'file.read',
  'read-missing': 'file.read',
  write: 'file.write',
  'write-missing': 'file.write',
  'make-missing': 'file.write',
  delete: 'file.delete',
  'delete-missing': 'file.delete',
}

function connectOf({ what, about }: RefusedThing): LocalAction | null {
  if (what !== 'host' && what !== 'port-missing') return null
  const [, host, port] = /^\[?([0-9a-f.:]+?)\]?:(\d+)$/.exec(about) ?? []
  return host === undefined ? null : { kind: 'network.connect', host, port: Number(port) }
}

/** Why, in a sentence for the person who reads the receipt. */
export const whyOf = ({ what }: RefusedThing): string => WHY[what]

const WHY: Readonly<Record<RefusedThing['what'], string>> = {
  read: 'it is not to be read in the sandbox',
  'read-missing': 'the sandbox does not show it',
  write: 'the sandbox holds it as it is',
  'write-missing': 'the sandbox does not show it',
  'make-missing': 'the sandbox does not show the place',
  delete: 'the sandbox holds it in its place',
  'delete-missing': 'the sandbox does not show it',
  socket: 'the socket is not to be used in the sandbox',
  'socket-missing': 'the sandbox does not show the socket',
  'name-missing': 'sockets of the machine are outside of the sandbox',
  host: 'there is no way out but the proxy',
  'port-missing': 'the loopback of the machine is outside of the sandbox',
  signal: 'it is process 1 of the sandbox, or none of the sandbox',
  identity: 'the sandbox has one user and one group',
  call: 'the sandbox does not make such calls',
  'other-numbers': 'the sandbox does not make calls of another architecture',
  hidden: 'nobody can look into the process, so it is given nothing',
}
