import type { JsonObject } from '@writ/contracts'
import { powershellLine, shellLine } from '../command-line.ts'
import type { ClientRow, Wanted } from '../hook-file.ts'
import { joined } from '../places.ts'
import { decisionDenial } from './denials.ts'

const EVENTS = ['pre_run_command', 'pre_read_code', 'pre_write_code', 'pre_mcp_tool_use', 'pre_user_prompt']

export const windsurf: ClientRow = {
  client: 'windsurf',
  title: 'Windsurf',
  programs: ['windsurf'],
  traces: ['.codeium/windsurf'],
  minimumVersion: null,
  notEnforced: null,
  remarks: {
    observe: [],
    enforce: ['a hook that cannot be started lets the action run: Windsurf has no switch for that'],
  },
  files: (wanted) => [
    {
      path: wanted.tier === 'enforce' ? managedPath(wanted) : userPath(wanted),
      content: {
        form: 'json',
        settings: EVENTS.map((event) => ({ at: ['hooks', event], item: entry(wanted) })),
      },
    },
  ],
  canary: (command, cwd) => ({
    event: 'pre_run_command',
    payload: {
      agent_action_name: 'pre_run_command',
      trajectory_id: 'writ-canary',
      execution_id: 'writ-canary',
      timestamp: '2026-01-01T00:00:00Z',
      model_name: 'canary',
      tool_info: { command_line: command, cwd },
    },
  }),
  denies: decisionDenial,
}

const entry = ({ hook, places }: Wanted): JsonObject =>
  places.platform === 'win32'
    ? { powershell: powershellLine(hook, 'windsurf'), show_output: true }
    : { command: shellLine(hook, 'windsurf', places.platform), show_output: true }

const managedPath = ({ places }: Wanted): string =>
  ({
    linux: '/etc/windsurf/hooks.json',
    darwin: '/Library/Application Support/Windsurf/hooks.json',
    win32: 'C:\\ProgramData\\Windsurf\\hooks.json',
  })[places.platform]

const userPath = ({ places }: Wanted): string =>
  joined(places, places.home, '.codeium', 'windsurf', 'hooks.json')
