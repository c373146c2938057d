import { createHash } from 'node:crypto'
import type { Action, Json, LocalAction } from '@writ/contracts'
import { stricterClass, strictestOf } from '../classes.ts'
import { classOfUse } from '../shell/verdict.ts'
import type { ShellUse } from '../shell/facts.ts'
import { argsOf } from './args.ts'
import { completed } from './complete.ts'
import type { Read } from './found.ts'
import { CLASS_OF_LOCAL_KIND } from './kinds.ts'
import { contextOf } from './place.ts'
import { readAction } from './readers.ts'
import type { LocalWorld, Place, Understood } from './understood.ts'

/**
 * What a local action would do, for policies and records: class and resource, facts, and what it reaches. Nothing is run, and nothing is
 * believed that the agent says of itself. Pure but for what the world reads.
 */
export function understand(action: LocalAction, place: Place, world: LocalWorld): Understood {
  const context = contextOf(place, world)
  const read = completed(readAction(action, context), context)
  const args = argsOf(action, read, context)
  return {
    action: actionOf(action, read),
    directory: action.kind === 'mcp.call' ? null : world.realPath(place.cwd),
    args: action.kind === 'mcp.call' ? action.args : args,
    content: contentOf(action),
    facts: read.facts,
    hosts: args.hosts,
    packages: args.packages,
  }
}

function actionOf(action: LocalAction, read: Read): Action {
  return {
    method: `hook/${action.kind}`,
    tool: 'tool' in action ? action.tool : action.kind,
    ...classOf(read),
    resource: read.resource ?? resourceOf(read),
  }
}

/** What a command is about: what it deletes, writes and reaches, or else what it runs. An approval of one is none of another. */
function resourceOf({ uses }: Read): string {
  const named = (kind: ShellUse['kind']): readonly string[] =>
    uses.filter((use) => use.kind === kind).map(({ operand }) => operand)
  const touched = [...named('delete'), ...named('write'), ...named('connect').map((host) => `//${host}`)]
  const all = [...new Set(touched.length > 0 ? touched : named('run'))].join(' ')
  if (all.length <= MAX_RESOURCE) return all === '' ? 'shell' : all
  return `${all.slice(0, MAX_RESOURCE)}… ${createHash('sha256').update(all).digest('hex').slice(0, 16)}`
}
const MAX_RESOURCE = 480

/** The kinds of action are a closed list, so each is its own catalogue; what facts and uses say beyond it is inferred. */
function classOf({ floor, facts, uses }: Read): Pick<Action, 'class' | 'classSource'> {
  const found = [
    ...facts.map(({ kind }) => CLASS_OF_LOCAL_KIND[kind]),
    ...uses.map((use: ShellUse) => classOfUse(use)),
  ]
  const strictest = strictestOf(found) ?? floor
  const actionClass = stricterClass(strictest, floor)
  return { class: actionClass, classSource: actionClass === floor ? 'catalogue' : 'inferred' }
}

/** What is inspected: every text of the action, as the client told it. */
function contentOf(action: LocalAction): Json {
  if ('args' in action) return action.args
  const { kind: _, ...rest } = action
  return rest
}
