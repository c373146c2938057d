import type { ActionClass, LocalAction } from '@writ/contracts'
import { NOTHING_FOUND, type Read } from './found.ts'
import type { Context } from './place.ts'
import { readDelete, readPatchAction, readRead, readSearch, readWrite } from './read-files.ts'
import { readConnect, readFetch } from './read-network.ts'
import { readInput, readMcp, readShell, readUnknown } from './read-others.ts'

type Kind = LocalAction['kind']
type Of<K extends Kind> = Extract<LocalAction, { readonly kind: K }>

/** What an action says by itself, before the lists of packages and addresses are asked. */
export function readAction<K extends Kind>(action: Of<K>, context: Context): Read {
  const read: (action: Of<K>, context: Context) => Read = READERS[action.kind]
  return read(action, context)
}

const READERS: { readonly [K in Kind]: (action: Of<K>, context: Context) => Read } = {
  shell: readShell,
  'shell.input': readInput,
  'file.read': readRead,
  'file.write': readWrite,
  'file.delete': readDelete,
  'file.patch': readPatchAction,
  'file.search': readSearch,
  'network.fetch': readFetch,
  'network.connect': readConnect,
  'web.search': () => plain('read.untrusted', 'web.search'),
  // a started agent runs what its task says, each action by a hook of its own
  'agent.start': () => plain('exec', 'agent.start'),
  'mcp.call': readMcp,
  'client.tool': ({ tool }) => plain('read.public', tool),
  'kernel.call': ({ call, about }) => plain('admin', about === '' ? call : `${call} ${about}`),
  unknown: readUnknown,
}

const plain = (floor: ActionClass, resource: string): Read => ({ ...NOTHING_FOUND, floor, resource })
