import type { Dialect } from '../dialect.ts'
import * as forms from '../forms.ts'
import * as tools from '../readers.ts'
import { envelopeOf, id, json, orNull, text } from './envelopes.ts'
import { singleUnderscored } from './mcp-names.ts'

const PATH = ['filePath']
const REPLACE = { path: PATH, before: ['oldString'], after: ['newString'] }

/** Sessions of the harness called Local; those of the Copilot harness speak as Copilot CLI. */
export const VSCODE: Dialect = {
  client: 'vscode',
  envelope: envelopeOf(
    {
      hookEventName: text,
      sessionId: id,
      cwd: text.nullish(),
      tool_name: text.nullish(),
      tool_input: json.nullish(),
      tool_use_id: text.nullish(),
      tool_response: json.nullish(),
      agent_id: text.nullish(),
      prompt: text.nullish(),
    },
    (payload) => ({
      name: payload.hookEventName,
      conversation: payload.sessionId,
      cwd: orNull(payload.cwd),
      toolUse: orNull(payload.tool_use_id),
      tool: orNull(payload.tool_name),
      subagent: orNull(payload.agent_id),
      input: payload.tool_input ?? {},
      prompt: orNull(payload.prompt),
      result: orNull(payload.tool_response),
    }),
  ),
  events: {
    PreToolUse: { moment: 'before', answers: forms.PRE_TOOL_USE },
    PostToolUse: { moment: 'after', answers: forms.VSCODE_POST_TOOL_USE },
    UserPromptSubmit: { moment: 'prompt', answers: forms.PROMPT_HALT },
    SessionStart: { moment: 'conversation.start', answers: forms.HALT },
    SubagentStart: { moment: 'conversation.start', answers: forms.HALT },
  },
  // A block of `Stop` would make the agent go on.
  unmediated: ['PreCompact', 'SubagentStop', 'Stop'],
  tools: {
    run_in_terminal: tools.shell('command'),
    runTerminalCommand: tools.shell('command'),
    send_to_terminal: tools.shellInput('command', 'input', 'text'),
    read_file: tools.fileRead('filePath'),
    view_image: tools.fileRead('filePath'),
    create_file: tools.fileWrite(PATH, ['content']),
    replace_string_in_file: tools.fileEdit(REPLACE),
    multi_replace_string_in_file: tools.filesEdits('replacements', REPLACE),
    insert_edit_into_file: tools.fileEdit({ path: PATH, before: [], after: ['code'] }),
    edit_notebook_file: tools.fileEdit({ path: PATH, before: [], after: ['newCode'] }),
    apply_patch: tools.filePatch('input'),
    create_directory: tools.fileWrite(['dirPath'], []),
    list_dir: tools.fileGlob(['path'], []),
    file_search: tools.fileGlob([], ['query']),
    grep_search: tools.fileGrep([], ['query'], ['includePattern']),
    semantic_search: tools.fileGrep([], ['query']),
    fetch_webpage: tools.fetchUrls('urls'),
    open_simple_browser: tools.fetchUrl('url'),
    runSubagent: tools.agentStart('prompt'),
    ...tools.clientTools(
      'manage_todo_list',
      'get_errors',
      'get_changed_files',
      'get_terminal_output',
      'terminal_last_command',
      'terminal_selection',
      'list_code_usages',
      'ask_questions',
    ),
  },
  mcp: singleUnderscored,
  directories: [],
  windowsShell: 'powershell',
}
