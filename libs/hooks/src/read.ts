import type { HookClient, HookMoment, Json, JsonObject, LocalAction } from '@writ/contracts'
import { isRoot } from './clients/envelopes.ts'
import type { Dialect, Envelope, EventRow } from './dialect.ts'
import { DIALECTS } from './dialects.ts'
import type { FaultCode, HookEvent, HookFault } from './event.ts'
import { FAULTS } from './event.ts'
import { textOr } from './fields.ts'
import { isObject, readStrictObject } from './strict-object.ts'

/**
 * Reads what a client sent to its hook. Whatever is not certainly the event that the client documents is a fault. The event says which
 * client it was: some read the configuration of others, and start their hooks.
 */
export function readHookEvent(asks: HookClient, payload: Uint8Array): HookEvent | HookFault {
  if (DIALECTS[asks] === null) return fault(asks, null, 'client_unknown')
  const read = readStrictObject(payload)
  if (typeof read === 'string') return fault(asks, null, read)
  const client = speakerOf(asks, read)
  const dialect = DIALECTS[client]
  const envelope = dialect?.envelope(read) ?? null
  if (dialect === null || envelope === null) return fault(client, null, 'event_malformed')
  const row = rowOf(dialect.events, envelope.name)
  return row === undefined ? unlisted(dialect, envelope.name) : eventOf(dialect, envelope, row)
}

/** VS Code, Cursor and Copilot CLI also start what stands in the settings of Claude Code, with payloads of their own. */
function speakerOf(asks: HookClient, payload: JsonObject): HookClient {
  if (asks !== 'claude-code' && asks !== 'copilot-cli') return asks
  if (payload['hook_event_name'] === undefined && payload['hookEventName'] !== undefined) return 'vscode'
  if (payload['cursor_version'] !== undefined) return 'cursor'
  const isCopilot = payload['timestamp'] !== undefined && payload['transcript_path'] === undefined
  return isCopilot ? 'copilot-cli' : asks
}

function fault(client: HookClient, name: string | null, code: FaultCode): HookFault {
  const answer = code === 'event_unmediated' ? 'ignore' : 'deny'
  return { fault: code, detail: FAULTS[code], client, name: name?.slice(0, MOST_NAME) ?? null, answer }
}

const MOST_NAME = 64

/** An event that a client grew after this was written may be one that stops something, unless its name says that it is over. */
function unlisted({ client, unmediated }: Dialect, name: string): HookFault {
  const tells = unmediated.includes(name) || BEGINS_OVER.test(name) || ENDS_OVER.test(name)
  return fault(client, name, tells ? 'event_unmediated' : 'event_unknown')
}

const BEGINS_OVER = /^(?:after|post|stop|notification)/i
/** As a word of its own: what is to be sent, spent or appended is not over. */
const ENDS_OVER = /^(?!pre|before|Pre|Before).*(?:[a-z\d](?:Stop|End|Failure)|[._-](?:stop|end|failure))$/

function eventOf(dialect: Dialect, envelope: Envelope, row: EventRow): HookEvent | HookFault {
  const { moment } = row
  const { name, conversation, subagent, headless } = envelope
  const workspaces = envelope.workspaces.filter((path) => !isRoot(path))
  const told = { ...envelope, tool: row.tool ?? envelope.tool }
  const done = isAction(moment) ? actionOf(dialect, told) : NO_ACTION
  const prompt = moment === 'prompt' ? envelope.prompt : null
  if (done === null || (moment === 'prompt' && prompt === null))
    return fault(dialect.client, name, 'event_malformed')
  const result = moment === 'after' ? envelope.result : null
  const about = { client: dialect.client, name, moment, conversation, workspaces, subagent, headless }
  return { ...about, cwd: envelope.cwd, ...done, prompt, result }
}

const isAction = (moment: HookMoment): boolean => moment === 'before' || moment === 'after'

type Done = Pick<HookEvent, 'actions' | 'input' | 'inputIsText' | 'tool' | 'toolUse'> & {
  readonly cwd?: string | null
}

const NO_ACTION: Done = { actions: [], input: {}, inputIsText: false, tool: null, toolUse: null }

function actionOf(dialect: Dialect, envelope: Envelope): Done | null {
  const inputIsText = typeof envelope.input === 'string'
  const input: Json = inputIsText ? { text: envelope.input } : envelope.input
  const actions = isObject(input) ? actionsOf(dialect, envelope, input) : null
  if (actions === null || !isObject(input) || isHidden(inputIsText, actions)) return null
  const about = { actions, input, inputIsText, tool: envelope.tool, toolUse: toolUseOf(envelope) }
  if (!actions.some(({ kind }) => kind === 'shell')) return about
  const named = textOr(input, dialect.directories, '')
  return named === null ? null : { ...about, cwd: directoryOf(envelope.cwd, named) }
}

/** The arguments of an MCP tool are what policies look at: one text of them is none. */
const isHidden = (inputIsText: boolean, actions: readonly LocalAction[]): boolean =>
  inputIsText && actions.some(({ kind }) => kind === 'mcp.call')

const toolUseOf = ({ toolUse }: Envelope): string | null => toolUse?.slice(0, MOST_TOOL_USE) ?? null

const MOST_TOOL_USE = 128

function actionsOf(dialect: Dialect, envelope: Envelope, input: JsonObject): readonly LocalAction[] | null {
  const { tool } = envelope
  if (tool === null || tool === '') return null
  const mcp = dialect.mcp(envelope)
  if (mcp !== null) return [{ kind: 'mcp.call', ...mcp, args: input }]
  const reader = rowOf(dialect.tools, tool)
  if (reader === undefined) return [{ kind: 'unknown', tool, args: input }]
  return reader(input, { windowsShell: isWindows(envelope) ? dialect.windowsShell : null })
}

/** No client says what it runs on; its directory does. */
const isWindows = ({ cwd, workspaces }: Envelope): boolean =>
  [cwd ?? '', ...workspaces].some((path) => /^(?:[A-Za-z]:[\\/]|\\\\)/.test(path))

/** Where a command runs, when its input names another directory than the conversation's. */
function directoryOf(cwd: string | null, named: string): string | null {
  if (named === '') return cwd
  return cwd === null || /^(?:[A-Za-z]:|[\\/~])/.test(named) ? named : `${cwd}/${named}`
}

const rowOf = <Row>(rows: Readonly<Record<string, Row>>, name: string): Row | undefined =>
  Object.hasOwn(rows, name) ? rows[name] : undefined
