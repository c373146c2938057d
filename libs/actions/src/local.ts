import type { Action, ActionClass, ActionClassSource } from '@writ/contracts'
import { classOfCommandLine } from './command-line.ts'
import { classOfPath } from './paths.ts'

/**
 * What a coding agent is about to do on its own machine, as its client's hooks tell it. Facts are kept simple: paths as they were given
 * (resolve them first where that is possible), and the command as one text.
 */
export type LocalAction =
  | { readonly kind: 'shell'; readonly command: string }
  | { readonly kind: 'file.read' | 'file.write' | 'file.delete'; readonly path: string }
  | { readonly kind: 'package.install'; readonly manager: string; readonly packages: readonly string[] }
  | { readonly kind: 'network.fetch'; readonly url: string; readonly verb?: string }
  | { readonly kind: 'web.search'; readonly query: string }
  | { readonly kind: 'agent.start'; readonly task: string }

/** Class and resource of a local action; its method is `hook/` and the kind. A client that knows of another kind asks as `shell`. */
export function classifyLocal(local: LocalAction): Action {
  const { class: actionClass, source } = classOf(local)
  return {
    method: `hook/${local.kind}`,
    tool: local.kind,
    class: actionClass,
    classSource: source,
    resource: resourceOf(local),
  }
}

type Classified = { readonly class: ActionClass; readonly source: ActionClassSource }

/** The kinds of action are a closed list, so each is its own catalogue; what a path or a command says beyond it is inferred. */
function classOf(local: LocalAction): Classified {
  if (local.kind === 'shell') return classOfCommandLine(local.command)
  if (local.kind === 'network.fetch' && !isMereFetch(local.verb)) return known('sink.external')
  const byPath =
    'path' in local ? classOfPath(local.path, local.kind === 'file.read' ? 'read' : 'write') : null
  return byPath === null ? known(KINDS[local.kind]) : { class: byPath, source: 'inferred' }
}

const known = (actionClass: ActionClass): Classified => ({ class: actionClass, source: 'catalogue' })

/** Packages run scripts as they are installed, and a started agent runs what its task says. */
const KINDS = {
  'file.read': 'read.private',
  'file.write': 'write.local',
  'file.delete': 'destructive',
  'network.fetch': 'read.untrusted',
  'web.search': 'read.untrusted',
  'package.install': 'exec',
  'agent.start': 'exec',
} as const

const isMereFetch = (verb: string | undefined): boolean =>
  verb === undefined || /^(?:get|head|options)$/i.test(verb)

function resourceOf(local: LocalAction): string {
  if ('path' in local) return local.path
  if ('url' in local) return local.url
  return 'packages' in local ? `${local.manager}/${local.packages.join(',')}` : local.kind
}
