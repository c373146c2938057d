import type { Dialect, Envelope } from '../dialect.ts'
import { textIn } from '../fields.ts'
import * as forms from '../forms.ts'
import * as tools from '../readers.ts'
import { isObject } from '../strict-object.ts'
import { envelopeOf, id, json, orNull, text } from './envelopes.ts'

const EDIT = { path: ['file_path'], before: ['old_string'], after: ['new_string'] }

/** What happens stands in `tool_info`, one level below the rest. */
export const WINDSURF: Dialect = {
  client: 'windsurf',
  envelope: envelopeOf(
    {
      agent_action_name: text,
      trajectory_id: id.nullish(),
      tool_info: json.nullish(),
    },
    (payload) => ({
      name: payload.agent_action_name,
      conversation: orNull(payload.trajectory_id),
      ...toldIn(payload.tool_info ?? {}),
    }),
  ),
  events: {
    pre_run_command: { moment: 'before', tool: 'run_command', answers: forms.WINDSURF_PRE },
    pre_read_code: { moment: 'before', tool: 'read_code', answers: forms.WINDSURF_PRE },
    pre_write_code: { moment: 'before', tool: 'write_code', answers: forms.WINDSURF_PRE },
    pre_mcp_tool_use: { moment: 'before', answers: forms.WINDSURF_PRE },
    post_run_command: { moment: 'after', tool: 'run_command', answers: forms.WINDSURF_POST },
    post_read_code: { moment: 'after', tool: 'read_code', answers: forms.WINDSURF_POST },
    post_write_code: { moment: 'after', tool: 'write_code', answers: forms.WINDSURF_POST },
    post_mcp_tool_use: { moment: 'after', answers: forms.WINDSURF_POST },
    pre_user_prompt: { moment: 'prompt', answers: forms.WINDSURF_PRE },
  },
  unmediated: ['post_cascade_response', 'post_cascade_response_with_transcript', 'post_setup_worktree'],
  tools: {
    run_command: tools.shell('command_line'),
    read_code: tools.fileRead('file_path'),
    write_code: tools.fileEdits('edits', EDIT),
  },
  mcp: ({ server, tool }) => (server !== null && tool !== null ? { server, tool } : null),
  directories: [],
  windowsShell: 'powershell',
}

function toldIn(told: NonNullable<Envelope['input']>): Partial<Envelope> {
  if (!isObject(told)) return { input: told }
  return {
    cwd: textIn(told, ['cwd']),
    server: textIn(told, ['mcp_server_name']),
    tool: textIn(told, ['mcp_tool_name']),
    input: told['mcp_tool_name'] === undefined ? told : (told['mcp_tool_arguments'] ?? {}),
    prompt: textIn(told, ['user_prompt']),
    result: told['mcp_result'] ?? told['response'] ?? null,
  }
}
