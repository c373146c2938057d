import type { JsonObject } from '@writ/contracts'
import type { ClientRow, Setting, Wanted } from '../hook-file.ts'
import { joined } from '../places.ts'
import { nestedDenial } from './denials.ts'

const BEFORE = ['PreToolUse', 'UserPromptSubmit']
const TELLING = ['PostToolUse', 'SessionStart', 'SessionEnd']
const MINIMUM_VERSION = '2.1.329'

export const claudeCode: ClientRow = {
  client: 'claude-code',
  title: 'Claude Code',
  programs: ['claude'],
  traces: ['.claude'],
  minimumVersion: MINIMUM_VERSION,
  notEnforced: null,
  remarks: {
    observe: [
      '`--bare`, `--safe-mode`, `--setting-sources`, another CLAUDE_CONFIG_DIR, or the agent itself can leave it out',
    ],
    enforce: [
      '`@file` in a prompt is no tool call: the prompt hook looks at what it names, and `--deny-reads` adds rules of the client itself',
    ],
  },
  files: (wanted) => [
    {
      path: wanted.tier === 'enforce' ? managedPath(wanted) : userPath(wanted),
      content: { form: 'json', settings: [...(wanted.tier === 'enforce' ? KEEPING_ON : []), ...all(wanted)] },
    },
  ],
  canary: (command, cwd) => ({
    event: 'PreToolUse',
    payload: {
      session_id: 'writ-canary',
      transcript_path: '',
      cwd,
      permission_mode: 'default',
      hook_event_name: 'PreToolUse',
      tool_name: 'Bash',
      tool_input: { command, description: 'canary of writ hooks doctor' },
      tool_use_id: 'writ-canary',
    },
  }),
  denies: nestedDenial,
}

/** Without these a user's flag or file removes the hooks again. */
const KEEPING_ON: readonly Setting[] = [
  { at: ['requiredMinimumVersion'], value: MINIMUM_VERSION },
  { at: ['allowManagedHooksOnly'], value: true },
  { at: ['permissions', 'disableBypassPermissionsMode'], value: 'disable' },
]

const all = (wanted: Wanted): readonly Setting[] => [
  ...wanted.denyReads.map((pattern) => ({ at: ['permissions', 'deny'], item: `Read(${pattern})` })),
  ...[...BEFORE, ...TELLING].map((event) => ({ at: ['hooks', event], item: entry(event, wanted) })),
]

/** Words, not a line for a shell: nothing is quoted, and a backslash stays one. */
function entry(event: string, { hook: [command, ...args], tier }: Wanted): JsonObject {
  const isKept = tier === 'enforce' && BEFORE.includes(event)
  return {
    matcher: '*',
    hooks: [
      {
        type: 'command',
        command,
        args: [...args, 'claude-code'],
        timeout: 5,
        ...(isKept && { onFailure: 'block' }),
      },
    ],
  }
}

const managedPath = ({ places }: Wanted): string =>
  ({
    linux: '/etc/claude-code/managed-settings.json',
    darwin: '/Library/Application Support/ClaudeCode/managed-settings.json',
    win32: 'C:\\Program Files\\ClaudeCode\\managed-settings.json',
  })[places.platform]

const userPath = ({ places }: Wanted): string => joined(places, places.home, '.claude', 'settings.json')
