import type { Dialect } from '../dialect.ts'
import * as forms from '../forms.ts'
import * as tools from '../readers.ts'
import { envelopeOf, id, json, orNull, text } from './envelopes.ts'
import { doubleUnderscored } from './mcp-names.ts'

export const CODEX: Dialect = {
  client: 'codex',
  envelope: envelopeOf(
    {
      hook_event_name: text,
      session_id: id,
      cwd: text,
      agent_id: text.nullish(),
      tool_name: text.nullish(),
      tool_input: json.nullish(),
      tool_use_id: text.nullish(),
      tool_response: json.nullish(),
      prompt: text.nullish(),
    },
    (payload) => ({
      name: payload.hook_event_name,
      conversation: payload.session_id,
      // Of a command: the directory in which it runs.
      cwd: payload.cwd,
      toolUse: orNull(payload.tool_use_id),
      tool: orNull(payload.tool_name),
      subagent: orNull(payload.agent_id),
      input: payload.tool_input ?? {},
      prompt: orNull(payload.prompt),
      result: orNull(payload.tool_response),
    }),
  ),
  events: {
    PreToolUse: { moment: 'before', answers: forms.PRE_TOOL_USE_WITHOUT_ASK },
    PermissionRequest: { moment: 'before', answers: forms.PERMISSION_REQUEST },
    PostToolUse: { moment: 'after', answers: forms.CODEX_POST_TOOL_USE },
    UserPromptSubmit: { moment: 'prompt', answers: forms.BLOCK },
    SessionStart: { moment: 'conversation.start', answers: forms.HALT },
    SubagentStart: { moment: 'conversation.start', answers: forms.HALT },
    SessionEnd: { moment: 'conversation.end', answers: forms.HALT },
  },
  unmediated: ['PreCompact', 'PostCompact', 'SubagentStop', 'Stop', 'Interrupt'],
  tools: {
    Bash: tools.shell('command'),
    exec_command: tools.shell('cmd', 'command'),
    shell: tools.shellWords('command'),
    local_shell: tools.shellWords('command'),
    write_stdin: tools.shellInput('chars'),
    // Its `command` is a patch and no command.
    apply_patch: tools.filePatch('command', 'input'),
    view_image: tools.fileRead('path'),
    web_search: tools.webSearch('query'),
    spawn_agent: tools.agentStart('message'),
    send_input: tools.agentStart('message'),
    ...tools.clientTools(
      'update_plan',
      'request_user_input',
      'wait',
      'wait_agent',
      'close_agent',
      'list_agents',
    ),
  },
  mcp: doubleUnderscored,
  directories: ['workdir'],
  windowsShell: 'powershell',
}
