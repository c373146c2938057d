import type { Json, JsonObject, LocalAction } from '@writ/contracts'
import { classify } from '../classify.ts'
import { factsOfShell } from '../shell/engine.ts'
import { factOf, localFact, NOTHING_FOUND, together, type Found, type Read } from './found.ts'
import { readUrl } from './host-facts.ts'
import type { Context } from './place.ts'
import { touchedFound } from './touched.ts'
import { windowsFound } from './windows-shell.ts'
import { filedFound } from './read-files.ts'
import { scriptRunFound } from './written/written.ts'

type Of<K extends LocalAction['kind']> = Extract<LocalAction, { readonly kind: K }>

/** Files that the command makes of text which is known are read as any file that is written. */
export function readShell({ command, shell = 'bash' }: Of<'shell'>, context: Context): Read {
  const resource = null
  if (shell !== 'bash') return { floor: 'exec', resource, ...windowsFound(command, context) }
  const { facts, uses, written, spelled, scripts } = factsOfShell(command, context.shell)
  const asWritten = uses.flatMap((use) => {
    const operand = spelled.get(use.operand)
    return operand === undefined || use.kind === 'run' ? [] : [{ ...use, operand }]
  })
  const filed = written.map(({ path, text }) => {
    const found = filedFound({ path, before: context.world.readText(path), after: text }, context)
    return { facts: found.facts, uses: found.uses }
  })
  return {
    floor: facts.length === 0 && uses.length === 0 ? 'exec' : 'read.public',
    resource,
    ...together(
      { facts: facts.map(localFact), uses: [...uses, ...asWritten] },
      ...filed,
      ...scripts.slice(0, MAX_SCRIPTS).map((path) => scriptRunFound(path, context)),
    ),
  }
}

const MAX_SCRIPTS = 16

/** What is typed goes to a program that nobody sees; short answers to its questions are nothing more. */
export function readInput({ text }: Of<'shell.input'>, { shell }: Context): Read {
  const rest = { floor: 'exec', resource: 'shell.input' } as const
  if (ANSWER.test(text)) return { ...rest, ...NOTHING_FOUND }
  const { facts, uses } = factsOfShell(text, shell)
  return {
    ...rest,
    facts: [...facts.map(localFact), factOf('opaque_exec', 'shell.input', 'possible')],
    uses,
  }
}
// oxlint-disable-next-line no-control-regex -- keys are typed as control characters
const ANSWER = /^[\s\u0003\u0004\u001b]*(?:y(?:es)?|no?|q(?:uit)?|\d{1,4}|:q!?)?[\s\u0003\u0004\u001b]*$/i

/** A tool of a server: its class as at the gateway, and what its arguments name on this machine. */
export function readMcp({ server, tool, args }: Of<'mcp.call'>, context: Context): Read {
  const { class: floor } = classify({
    method: 'tools/call',
    named: tool,
    connectionName: server,
    toolClasses: {},
    args,
  })
  return { floor, resource: `${server}/${tool}`, ...namedFound(args, context) }
}

/** Nobody has told us what it does; paths and addresses in its arguments are taken as used. */
export function readUnknown({ tool, args }: Of<'unknown'>, context: Context): Read {
  const unknown: Found = { facts: [factOf('unknown_tool', tool, 'possible')], uses: [] }
  return { floor: 'exec', resource: tool, ...together(unknown, namedFound(args, context)) }
}

function namedFound(args: JsonObject, context: Context): Found {
  const texts = textsIn(args).slice(0, MAX_TEXTS)
  return together(
    ...texts.filter((text) => PATH.test(text)).map((text) => touchedFound('read', text, context)),
    ...texts
      .filter((text) => /^https?:\/\//i.test(text))
      .map((text) => readUrl(text)?.found ?? NOTHING_FOUND),
  )
}
const MAX_TEXTS = 64
const PATH = /^(?:[/~]|\.{1,2}[/\\]|[A-Za-z]:[\\/]|file:\/\/|\.env)[^\n]{0,1024}$/

function textsIn(value: Json, depth = 0): readonly string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return []
  return Object.values(value).flatMap((one) => textsIn(one, depth + 1))
}
const MAX_DEPTH = 16
