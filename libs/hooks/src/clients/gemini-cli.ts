import type { JsonObject, LocalAction } from '@writ/contracts'
import { z } from 'zod'
import type { Dialect, Envelope, McpName } from '../dialect.ts'
import { textIn, textsIn } from '../fields.ts'
import * as forms from '../forms.ts'
import * as tools from '../readers.ts'
import { envelopeOf, id, json, orNull, text } from './envelopes.ts'
import { doubleUnderscored, singleUnderscored } from './mcp-names.ts'

const DIRECTORY = ['dir_path', 'path']

export const GEMINI_CLI: Dialect = {
  client: 'gemini-cli',
  envelope: envelopeOf(
    {
      hook_event_name: text,
      session_id: id,
      cwd: text.nullish(),
      tool_name: text.nullish(),
      tool_input: json.nullish(),
      tool_response: json.nullish(),
      mcp_context: z.looseObject({ server_name: text, tool_name: text }).nullish(),
      prompt: text.nullish(),
    },
    (payload) => ({
      name: payload.hook_event_name,
      conversation: payload.session_id,
      cwd: orNull(payload.cwd),
      // A command may say another directory beside it: the conversation's stays its workspace.
      workspaces: [payload.cwd ?? ''],
      tool: orNull(payload.tool_name),
      serverTool: payload.mcp_context?.tool_name ?? null,
      server: payload.mcp_context?.server_name ?? null,
      input: payload.tool_input ?? {},
      prompt: orNull(payload.prompt),
      result: orNull(payload.tool_response),
    }),
  ),
  events: {
    BeforeTool: { moment: 'before', answers: forms.BEFORE_TOOL },
    AfterTool: { moment: 'after', answers: forms.AFTER_TOOL },
    BeforeAgent: { moment: 'prompt', answers: forms.BEFORE_AGENT },
    SessionStart: { moment: 'conversation.start', answers: forms.HALT },
    SessionEnd: { moment: 'conversation.end', answers: forms.HALT },
  },
  unmediated: [
    'AfterAgent',
    'BeforeModel',
    'AfterModel',
    'BeforeToolSelection',
    'Notification',
    'PreCompress',
  ],
  tools: {
    run_shell_command: tools.shell('command'),
    read_file: tools.fileRead('file_path', 'absolute_path', 'path'),
    read_many_files: readMany,
    write_file: tools.fileWrite(['file_path'], ['content']),
    replace: tools.fileEdit({ path: ['file_path'], before: ['old_string'], after: ['new_string'] }),
    glob: tools.fileGlob(DIRECTORY, ['pattern']),
    grep_search: tools.fileGrep(DIRECTORY, ['pattern'], ['include', 'include_pattern']),
    search_file_content: tools.fileGrep(DIRECTORY, ['pattern'], ['include', 'include_pattern']),
    list_directory: tools.fileGlob(DIRECTORY, []),
    web_fetch: (input, told) =>
      input['url'] === undefined
        ? tools.fetchText('prompt')(input, told)
        : tools.fetchUrl('url')(input, told),
    google_web_search: tools.webSearch('query'),
    save_memory: remember,
    codebase_investigator: tools.agentStart('objective'),
    delegate_to_agent: tools.agentStart('objective', 'task'),
    generalist: tools.agentStart('request'),
    ...tools.clientTools(
      'write_todos',
      'ask_user',
      'enter_plan_mode',
      'exit_plan_mode',
      'activate_skill',
      'get_internal_docs',
      'complete_task',
      'update_topic',
      'list_background_processes',
      'read_background_output',
    ),
  },
  mcp: mcpName,
  directories: ['dir_path', 'directory'],
  windowsShell: 'powershell',
}

function mcpName(envelope: Envelope): McpName | null {
  const { server, serverTool } = envelope
  if (server !== null && serverTool !== null) return { server, tool: serverTool }
  return doubleUnderscored(envelope) ?? singleUnderscored(envelope)
}

/** Patterns and paths in one list; whatever the list is called. */
function readMany(input: JsonObject): readonly LocalAction[] | null {
  const patterns = textsIn(input, input['include'] === undefined ? 'paths' : 'include')
  const read = patterns?.map((pattern) => tools.fileGlob([], ['pattern'])({ pattern }, NOWHERE))
  return read !== undefined && read.length > 0 && read.every((actions) => actions !== null)
    ? read.flat()
    : null
}

const NOWHERE = { windowsShell: null }

/** It goes into every later conversation. */
function remember(input: JsonObject): readonly LocalAction[] | null {
  const fact = textIn(input, ['fact'])
  const path = '~/.gemini/GEMINI.md'
  return fact === null ? null : [{ kind: 'file.write', path, edits: [{ before: '', after: fact }] }]
}
