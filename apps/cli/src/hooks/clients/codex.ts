import type { JsonObject } from '@writ/contracts'
import { shellLine } from '../command-line.ts'
import type { ClientRow, Content, HookFile, Wanted } from '../hook-file.ts'
import { joined, managedFolder } from '../places.ts'
import { nestedDenial } from './denials.ts'

const EVENTS = ['PreToolUse', 'PostToolUse', 'UserPromptSubmit', 'SessionStart', 'SessionEnd']

export const codex: ClientRow = {
  client: 'codex',
  title: 'Codex',
  programs: ['codex'],
  traces: ['.codex'],
  minimumVersion: null,
  notEnforced: null,
  remarks: {
    observe: ['Codex runs it only after you have looked at it: open `/hooks` in Codex and trust it'],
    enforce: ['words typed into a program that runs already fire no hook: `writ run` covers them'],
  },
  files: (wanted) => (wanted.tier === 'enforce' ? managed(wanted) : user(wanted)),
  canary: (command, cwd) => ({
    event: 'PreToolUse',
    payload: {
      session_id: 'writ-canary',
      turn_id: 'writ-canary',
      transcript_path: null,
      cwd,
      hook_event_name: 'PreToolUse',
      model: 'canary',
      permission_mode: 'default',
      tool_name: 'Bash',
      tool_input: { command },
      tool_use_id: 'writ-canary',
    },
  }),
  denies: nestedDenial,
}

/** On Windows nobody has shown us where the file of the organisation lies. */
const managed = (wanted: Wanted): readonly HookFile[] =>
  wanted.places.platform === 'win32'
    ? []
    : [{ path: '/etc/codex/requirements.toml', content: requirements(wanted) }]

function requirements(wanted: Wanted): Content {
  const { places } = wanted
  return {
    form: 'toml',
    values: [
      { table: '', key: 'allow_managed_hooks_only', value: 'true' },
      // Without it `--disable hooks` switches off managed hooks too.
      { table: 'features', key: 'hooks', value: 'true' },
      { table: 'hooks', key: 'managed_dir', value: `"${managedFolder(places)}"` },
    ],
    tables: EVENTS.map((event) => table(event, wanted)).join('\n'),
  }
}

const table = (event: string, { hook, places }: Wanted): string =>
  [
    `[[hooks.${event}]]`,
    'matcher = ".*"',
    `[[hooks.${event}.hooks]]`,
    'type = "command"',
    `command = ${JSON.stringify(shellLine(hook, 'codex', places.platform))}`,
    'timeout = 5',
    '',
  ].join('\n')

const user = (wanted: Wanted): readonly HookFile[] => [
  {
    path: joined(wanted.places, wanted.places.home, '.codex', 'hooks.json'),
    content: {
      form: 'json',
      settings: EVENTS.map((event) => ({ at: ['hooks', event], item: entry(wanted) })),
    },
  },
]

const entry = ({ hook, places }: Wanted): JsonObject => ({
  matcher: '.*',
  hooks: [{ type: 'command', command: shellLine(hook, 'codex', places.platform), timeout: 5 }],
})
