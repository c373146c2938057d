import type { Json, JsonObject, LocalAction } from '@writ/contracts'
import { z } from 'zod'
import type { Dialect, Envelope, McpName } from '../dialect.ts'
import { objectsIn, textIn } from '../fields.ts'
import * as forms from '../forms.ts'
import * as tools from '../readers.ts'
import { isObject, readStrictObject } from '../strict-object.ts'
import { envelopeOf, firstOf, id, json, orNull, text, without } from './envelopes.ts'

const PATH = ['file_path', 'path', 'target_file', 'filePath']
const EDIT = { path: PATH, before: ['old_string'], after: ['new_string'] }

/** Members that every event has: not of the input where an event lays that out flat. */
const COMMON = [
  'conversation_id',
  'generation_id',
  'session_id',
  'model',
  'hook_event_name',
  'cursor_version',
  'workspace_roots',
  'user_email',
  'transcript_path',
]

export const CURSOR: Dialect = {
  client: 'cursor',
  envelope: envelopeOf(
    {
      hook_event_name: text,
      conversation_id: id.nullish(),
      session_id: id.nullish(),
      workspace_roots: z.array(text).nullish(),
      cwd: text.nullish(),
      tool_name: text.nullish(),
      tool_input: json.nullish(),
      tool_use_id: text.nullish(),
      mcp_server_name: text.nullish(),
      tool_output: json.nullish(),
      result_json: json.nullish(),
      output: json.nullish(),
      error_message: json.nullish(),
      subagent_id: text.nullish(),
      prompt: text.nullish(),
    },
    (payload, whole) => ({
      name: payload.hook_event_name,
      conversation: firstOf(payload.conversation_id, payload.session_id),
      cwd: firstOf(payload.cwd, payload.workspace_roots?.[0]),
      workspaces: payload.workspace_roots ?? [],
      toolUse: orNull(payload.tool_use_id),
      tool: orNull(payload.tool_name),
      server: orNull(payload.mcp_server_name),
      subagent: orNull(payload.subagent_id),
      input: inputOf(payload.tool_input, whole),
      prompt: orNull(payload.prompt),
      result: firstOf(payload.tool_output, payload.result_json, payload.output, payload.error_message),
    }),
  ),
  events: {
    preToolUse: { moment: 'before', answers: forms.CURSOR_PRE_TOOL_USE },
    beforeShellExecution: { moment: 'before', tool: 'Shell', answers: forms.CURSOR_EXECUTION },
    beforeMCPExecution: { moment: 'before', answers: forms.CURSOR_EXECUTION },
    beforeReadFile: { moment: 'before', tool: 'read_with_attachments', answers: forms.CURSOR_PERMISSION },
    beforeTabFileRead: { moment: 'before', tool: 'Read', answers: forms.CURSOR_PERMISSION },
    subagentStart: { moment: 'before', tool: 'Task', answers: forms.CURSOR_PERMISSION },
    postToolUse: { moment: 'after', answers: forms.CURSOR_POST_TOOL_USE },
    postToolUseFailure: { moment: 'after', answers: forms.CURSOR_TOLD },
    afterShellExecution: { moment: 'after', tool: 'Shell', answers: forms.CURSOR_TOLD },
    afterMCPExecution: { moment: 'after', answers: forms.CURSOR_TOLD },
    afterFileEdit: { moment: 'after', tool: 'MultiEdit', answers: forms.CURSOR_TOLD },
    afterTabFileEdit: { moment: 'after', tool: 'MultiEdit', answers: forms.CURSOR_TOLD },
    beforeSubmitPrompt: { moment: 'prompt', answers: forms.CURSOR_PROMPT },
    sessionStart: { moment: 'conversation.start', answers: forms.CURSOR_SESSION },
    sessionEnd: { moment: 'conversation.end', answers: forms.CURSOR_TOLD },
  },
  unmediated: ['subagentStop', 'preCompact', 'stop', 'afterAgentResponse', 'afterAgentThought'],
  tools: {
    Shell: tools.shell('command'),
    Read: tools.fileRead(...PATH),
    read_with_attachments: readWithAttachments,
    Write: tools.fileWrite(PATH, ['content', 'contents']),
    Edit: tools.fileEdit(EDIT),
    StrReplace: tools.fileEdit(EDIT),
    MultiEdit: tools.fileEdits('edits', EDIT),
    Delete: tools.fileDelete(...PATH),
    Grep: tools.fileGrep(['path'], ['pattern'], ['glob']),
    Glob: tools.fileGlob(['target_directory', 'path'], ['glob_pattern', 'pattern']),
    LS: tools.fileGlob(['target_directory', 'path'], []),
    WebFetch: tools.fetchUrl('url'),
    WebSearch: tools.webSearch('search_term', 'query'),
    Task: tools.agentStart('task', 'prompt'),
    ...tools.clientTools('TodoWrite', 'AskQuestion', 'SwitchMode', 'ReadLints', 'CreatePlan'),
  },
  mcp: mcpName,
  directories: ['working_directory'],
  windowsShell: 'powershell',
}

/** Before an MCP tool runs, its input is a text of JSON, and the text is what the server gets. */
function inputOf(input: Json | null | undefined, whole: JsonObject): Json {
  if (typeof input !== 'string') return input ?? without(whole, COMMON)
  if (input === '') return {}
  const read = readStrictObject(new TextEncoder().encode(input))
  return isObject(typeof read === 'string' ? undefined : read) ? read : input
}

/** A server that an event does not name; no server can have this name. */
const UNNAMED = '?'

function mcpName({ name, tool, server }: Envelope): McpName | null {
  const isOfServer = name === 'beforeMCPExecution' || name === 'afterMCPExecution'
  if (tool === null || !(isOfServer || tool.startsWith('MCP:'))) return null
  const own = tool.startsWith('MCP:') ? tool.slice('MCP:'.length) : tool
  if (server !== null) return { server, tool: own }
  const at = own.indexOf(':')
  return at > 0 ? { server: own.slice(0, at), tool: own.slice(at + 1) } : { server: UNNAMED, tool: own }
}

/** The file, and what goes to the model with it. */
function readWithAttachments(input: JsonObject): readonly LocalAction[] | null {
  const path = textIn(input, PATH)
  const attached = (objectsIn(input, 'attachments') ?? []).map((one) => textIn(one, PATH))
  return path === null || !attached.every((one) => one !== null)
    ? null
    : [path, ...attached].map((one) => ({ kind: 'file.read', path: one }))
}
