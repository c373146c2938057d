import { baseName } from './disk.ts'
import { urlPartsOf } from './credentials/url-parts.ts'
import type { Table, Value } from './reading/value.ts'
import { isList, isTable, tableAt, textIn, textsIn } from './reading/value.ts'
import { DOWNLOAD_RUN, launchOf } from './servers/launch.ts'
import { programOf, unwrapped, wordsOf } from './servers/words.ts'

/** One hook as a configuration says it; not shown yet. */
export type RawHook = {
  readonly event: string
  readonly pointer: readonly string[]
  readonly kind: 'command' | 'http' | 'plugin' | 'other'
  /** the program that it runs or the host that it asks */
  readonly runs: string
  /** the first word of the command, as written; null where there is none */
  readonly program: string | null
  readonly isWrit: boolean
  /** the client was told to stop when the hook fails */
  readonly failsClosed: boolean
  readonly runsDownload: boolean
  /** it hears of every tool, and not only of those that a pattern names */
  readonly hearsAll: boolean
}

const MOST_HOOKS = 500

/** Every hook under `hooks`, whatever the client: `event: [{ command }]` and `event: [{ matcher, hooks: [{ command }] }]`. */
export function hooksIn(value: Value): readonly RawHook[] {
  const events = tableAt(value, 'hooks')
  if (events === null) return []
  return [...events]
    .flatMap(([event, items]) => (isList(items) ? hooksOf(items, event, ['hooks', event]) : []))
    .slice(0, MOST_HOOKS)
}

function hooksOf(
  items: readonly Value[],
  event: string,
  path: readonly string[],
  isAll = true,
): readonly RawHook[] {
  return items.flatMap((item, at) => {
    if (!isTable(item)) return []
    const pointer = [...path, String(at)]
    const inner = item.get('hooks')
    const hearsAll = isAll && matchesAll(item)
    if (isList(inner)) return hooksOf(inner, event, [...pointer, 'hooks'], hearsAll)
    return [{ ...hookOf(item, event, pointer), hearsAll }]
  })
}

const matchesAll = (item: Table): boolean => ['', '*', '.*'].includes(textIn(item, 'matcher') ?? '')

function hookOf(item: Table, event: string, pointer: readonly string[]): Omit<RawHook, 'hearsAll'> {
  const failsClosed = item.get('onFailure') === 'block' || item.get('failClosed') === true
  const command = textIn(item, 'command', 'bash', 'exec', 'powershell')
  if (command !== null)
    return { event, pointer, failsClosed, ...commandOf(command, textsIn(item.get('args'))) }
  const host = urlPartsOf(textIn(item, 'url') ?? '')?.host ?? null
  return {
    event,
    pointer,
    failsClosed,
    kind: host === null ? 'other' : 'http',
    runs: host ?? textIn(item, 'type') ?? 'unknown',
    program: null,
    isWrit: false,
    runsDownload: false,
  }
}

type Run = Pick<RawHook, 'kind' | 'runs' | 'program' | 'isWrit' | 'runsDownload'>

function commandOf(command: string, args: readonly string[]): Run {
  // Without arguments it is a line of a shell; PowerShell begins with `&`.
  const given = args.length > 0 ? [command, ...args] : wordsOf(command.replace(/^\s*&\s*/, ''))
  const [first = command, ...rest] = given
  const program = programIn(unwrapped(first, rest))
  return {
    kind: 'command',
    runs: launchOf(first, rest).target,
    program,
    isWrit: /^writ-hook(?:\.mjs)?$/.test(programOf(program)),
    runsDownload: DOWNLOAD_RUN.test([command, ...args].join(' ').slice(0, 10_000)),
  }
}

/** `node writ-hook.mjs` runs the script. */
const programIn = ([first = '', ...rest]: readonly string[]): string =>
  programOf(first) === 'node' ? (rest.find((word) => !word.startsWith('-')) ?? first) : first

/** opencode has plugins in place of hooks. */
export const pluginHook = (file: string): RawHook => ({
  event: 'plugin',
  pointer: [],
  kind: 'plugin',
  runs: baseName(file),
  program: file,
  isWrit: /^writ(?:-hook)?\.[cm]?[jt]s$/.test(baseName(file)),
  failsClosed: false,
  runsDownload: false,
  hearsAll: true,
})

/** Whether a configuration switches hooks off. */
export const switchesHooksOff = (value: Value): boolean =>
  isTable(value) &&
  (value.get('disableAllHooks') === true ||
    tableAt(value, 'hooksConfig')?.get('enabled') === false ||
    tableAt(value, 'tools')?.get('enableHooks') === false ||
    tableAt(value, 'features')?.get('hooks') === false)
