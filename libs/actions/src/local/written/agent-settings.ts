import { factsOfShell } from '../../shell/engine.ts'
import { factOf, localFact, together, type Found } from '../found.ts'
import { readUrl } from '../host-facts.ts'
import type { Context } from '../place.ts'
import { isMembers, membersIn, type Members } from './members.ts'

/** A server that the agent would start or speak with. */
type Server = { readonly name: string; readonly line: string; readonly url: string | null }

/** Settings of agents: servers, hooks and permissions that were not there before. */
export function agentSettingsFound(before: string | null, after: string, context: Context): Found {
  const old = new Set(serversIn(before ?? '').map((server) => JSON.stringify(server)))
  const fresh = serversIn(after).filter((server) => !old.has(JSON.stringify(server)))
  return together(...fresh.map((server) => serverFound(server, context)), {
    uses: [],
    facts: LOOSENED.filter((one) => one.test(after) && !one.test(before ?? '')).map((one) =>
      factOf('guard_tamper', one.exec(after)?.[0] ?? '', 'sure'),
    ),
  })
}

/** Hooks off, questions off, sandbox off, in the settings of any client. */
const LOOSENED: readonly RegExp[] = [
  /disableAllHooks["']?\s*[:=]\s*true/i,
  /hooks?["']?\s*[:=]\s*(?:false|\{\s*\}|\[\s*\])/i,
  /bypassPermissions|danger-full-access|approval_policy\s*=\s*["']never|yolo["']?\s*[:=]\s*true|autoApprove["']?\s*[:=]\s*true/i,
  /enableAllProjectMcpServers["']?\s*[:=]\s*true/i,
  /["'](?:Bash|Shell|Read|Write|Edit|WebFetch)(?:\(\*\))?["']\s*[,\]]/,
]

function serverFound({ name, line, url }: Server, context: Context): Found {
  const { facts, uses } = factsOfShell(line, context.shell)
  const said = facts.filter(({ kind }) => kind !== 'package_install').map(localFact)
  return together(
    {
      facts: [factOf('agent_setting', name, 'sure'), ...said],
      uses: uses.filter(({ kind }) => kind === 'install' || kind === 'connect'),
    },
    url === null ? { facts: [], uses: [] } : (readUrl(url)?.found ?? { facts: [], uses: [] }),
  )
}

const serversIn = (text: string): readonly Server[] => {
  const whole = membersIn(text.replaceAll(/^\s*\/\/.*$/gm, ''))
  return whole === null ? tomlServers(text) : namedServers(whole)
}

function namedServers(whole: Members, depth = 0): readonly Server[] {
  return Object.entries(whole).flatMap(([name, value]) => {
    if (!isMembers(value) || depth > MAX_DEPTH) return []
    return isServer(value) ? [serverOf(name, value)] : namedServers(value, depth + 1)
  })
}

const isServer = ({ command, url, httpUrl }: Members): boolean =>
  typeof command === 'string' ||
  Array.isArray(command) ||
  isProgram(command) ||
  typeof (url ?? httpUrl) === 'string'
const MAX_DEPTH = 6

/** Zed has told the program and its arguments one level deeper. */
const isProgram = (command: unknown): command is Members & { readonly path: string } =>
  isMembers(command) && typeof command['path'] === 'string'

function serverOf(name: string, told: Readonly<Record<string, unknown>>): Server {
  if (isProgram(told['command'])) {
    const { path, args: deeper, env: set } = told['command']
    return serverOf(name, { ...told, command: path, args: deeper ?? [], env: set ?? told['env'] })
  }
  const { command, args, env, url, httpUrl } = told
  const words = [command, args].flat().filter((one) => typeof one === 'string')
  const isOneText = typeof command === 'string' && !Array.isArray(args)
  const settings =
    typeof env === 'object' && env !== null
      ? Object.entries(env).filter(([, value]) => typeof value === 'string')
      : []
  const line = [
    ...settings.map(([key, value]) => `${key}=${quoted(String(value))}`),
    isOneText ? command : words.map((word) => quoted(word)).join(' '),
  ].join(' ')
  const place = url ?? httpUrl
  return { name, line, url: typeof place === 'string' ? place : null }
}

const quoted = (word: string): string =>
  /^[\w./:@=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`

/** `[mcp_servers.name]` with `command`, `args` and `url`; and pieces of JSON that are no whole document. */
function tomlServers(text: string): readonly Server[] {
  const tables = [...text.matchAll(/^\s*\[mcp_servers\.([\w"-]+)\]([^[]*(?:\[[^\]]*\][^[]*)*)/gm)].map(
    ([, name = '', body = '']) => ({ name, body }),
  )
  const pieces = [...text.matchAll(/"([^"]+)"\s*:\s*\{([^{}]*"(?:command|url|httpUrl)"[^{}]*)\}/g)].map(
    ([, name = '', body = '']) => ({ name, body }),
  )
  return [...tables, ...pieces].map(({ name, body }) => {
    const strings = [...body.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, one = '']) => one)
    const words = strings.filter((one) => !/^(?:command|args|type|stdio|env|url|httpUrl)$/.test(one))
    return {
      name,
      line: words.map((word) => quoted(word)).join(' '),
      url: words.find((one) => /^https?:/.test(one)) ?? null,
    }
  })
}
