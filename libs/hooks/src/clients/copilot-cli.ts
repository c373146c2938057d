import type { Dialect, ToolReader } from '../dialect.ts'
import * as forms from '../forms.ts'
import * as tools from '../readers.ts'
import { envelopeOf, id, json, orNull, text } from './envelopes.ts'
import { doubleUnderscored } from './mcp-names.ts'

const PATH = ['path', 'file_path']
const EDIT = {
  path: PATH,
  before: ['old_str', 'old_string'],
  after: ['new_str', 'new_string', 'insert_text'],
}

const patch = tools.filePatch('text', 'patch', 'input')
const replace = tools.fileEdit(EDIT)
const create = tools.fileWrite(PATH, ['file_text', 'content'])
const view = tools.fileRead(...PATH)

/** `edit`, `apply_patch` and `str_replace_editor` all come under this name. */
const edit: ToolReader = (input, told) => {
  if (input['path'] === undefined && input['file_path'] === undefined) return patch(input, told)
  if (input['command'] === 'create') return create(input, told)
  return input['command'] === 'view' ? view(input, told) : replace(input, told)
}

/** Under PascalCase event names: the members and most tool names of Claude Code, with the arguments of Copilot's own tools. */
export const COPILOT_CLI: Dialect = {
  client: 'copilot-cli',
  envelope: envelopeOf(
    {
      hook_event_name: text,
      session_id: id,
      cwd: text.nullish(),
      tool_name: text.nullish(),
      tool_input: json.nullish(),
      tool_use_id: text.nullish(),
      tool_result: json.nullish(),
      error: json.nullish(),
      agent_id: text.nullish(),
      prompt: text.nullish(),
    },
    (payload) => ({
      name: payload.hook_event_name,
      conversation: payload.session_id,
      cwd: orNull(payload.cwd),
      toolUse: orNull(payload.tool_use_id),
      tool: orNull(payload.tool_name),
      subagent: orNull(payload.agent_id),
      input: payload.tool_input ?? {},
      prompt: orNull(payload.prompt),
      result: payload.tool_result ?? payload.error ?? null,
    }),
  ),
  events: {
    PreToolUse: { moment: 'before', answers: forms.COPILOT_PRE_TOOL_USE },
    PermissionRequest: { moment: 'before', answers: forms.COPILOT_PERMISSION_REQUEST },
    PostToolUse: { moment: 'after', answers: forms.COPILOT_POST_TOOL_USE },
    PostToolUseFailure: { moment: 'after', answers: forms.COPILOT_CONTEXT },
    UserPromptSubmit: { moment: 'prompt', answers: forms.COPILOT_PROMPT },
    SessionStart: { moment: 'conversation.start', answers: forms.COPILOT_CONTEXT },
    SubagentStart: { moment: 'conversation.start', answers: forms.COPILOT_CONTEXT },
    SessionEnd: { moment: 'conversation.end', answers: forms.COPILOT_CONTEXT },
  },
  unmediated: ['Stop', 'SubagentStop', 'PreCompact', 'ErrorOccurred', 'Notification'],
  tools: {
    Bash: tools.shell('command'),
    bash: tools.shell('command'),
    powershell: tools.powershell('command'),
    write_bash: tools.shellInput('input'),
    write_powershell: tools.shellInput('input'),
    Read: view,
    view,
    Write: create,
    create,
    Edit: edit,
    edit,
    str_replace_editor: edit,
    apply_patch: patch,
    Grep: tools.fileGrep(['path'], ['pattern'], ['glob']),
    grep: tools.fileGrep(['path'], ['pattern'], ['glob']),
    rg: tools.fileGrep(['path'], ['pattern'], ['glob']),
    Glob: tools.fileGlob(['path'], ['pattern']),
    glob: tools.fileGlob(['path'], ['pattern']),
    WebFetch: tools.fetchUrl('url'),
    web_fetch: tools.fetchUrl('url'),
    WebSearch: tools.webSearch('query'),
    web_search: tools.webSearch('query'),
    Agent: tools.agentStart('prompt'),
    Task: tools.agentStart('prompt'),
    task: tools.agentStart('prompt'),
    write_agent: tools.agentStart('message', 'prompt'),
    ...tools.clientTools(
      'AskUserQuestion',
      'ask_user',
      'TodoWrite',
      'update_todo',
      'report_intent',
      'read_bash',
      'stop_bash',
      'list_bash',
      'read_powershell',
      'stop_powershell',
      'list_powershell',
      'read_agent',
      'sql',
      'list_agents',
      'exit_plan_mode',
      'skill',
      'fetch_copilot_cli_documentation',
    ),
  },
  mcp: doubleUnderscored,
  directories: [],
  windowsShell: 'powershell',
}
