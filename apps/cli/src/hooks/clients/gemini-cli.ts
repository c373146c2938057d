import type { JsonObject } from '@writ/contracts'
import { shellLine } from '../command-line.ts'
import type { ClientRow, HookFile, Setting, Wanted } from '../hook-file.ts'
import { joined } from '../places.ts'
import { decisionDenial } from './denials.ts'

const EVENTS = ['BeforeTool', 'AfterTool', 'BeforeAgent', 'SessionStart', 'SessionEnd']

export const geminiCli: ClientRow = {
  client: 'gemini-cli',
  title: 'Gemini CLI',
  programs: ['gemini'],
  traces: ['.gemini'],
  minimumVersion: null,
  notEnforced: 'the settings of a user can name hooks of the system that do not run (`hooksConfig.disabled`)',
  remarks: {
    observe: [],
    enforce: ['an admin policy keeps the agent from editing its own hook settings; the user still can'],
  },
  files: (wanted) => (wanted.tier === 'enforce' ? managed(wanted) : user(wanted)),
  canary: (command, cwd) => ({
    event: 'BeforeTool',
    payload: {
      session_id: 'writ-canary',
      transcript_path: '',
      cwd,
      hook_event_name: 'BeforeTool',
      timestamp: '2026-01-01T00:00:00.000Z',
      tool_name: 'run_shell_command',
      tool_input: { command, description: 'canary of writ hooks doctor' },
    },
  }),
  denies: decisionDenial,
}

function managed(wanted: Wanted): readonly HookFile[] {
  const folder = {
    linux: '/etc/gemini-cli',
    darwin: '/Library/Application Support/GeminiCli',
    win32: 'C:\\ProgramData\\gemini-cli',
  }[wanted.places.platform]
  return [
    {
      path: joined(wanted.places, folder, 'settings.json'),
      content: {
        form: 'json',
        settings: [{ at: ['hooksConfig', 'enabled'], value: true }, ...hooks(wanted)],
      },
    },
    {
      path: joined(wanted.places, folder, 'policies', 'writ.toml'),
      content: { form: 'whole', text: adminPolicy(wanted) },
    },
  ]
}

const user = (wanted: Wanted): readonly HookFile[] => [
  {
    path: joined(wanted.places, wanted.places.home, '.gemini', 'settings.json'),
    content: { form: 'json', settings: hooks(wanted) },
  },
]

/** Its time-outs are milliseconds. */
const hooks = ({ hook, places }: Wanted): readonly Setting[] =>
  EVENTS.map((event) => ({
    at: ['hooks', event],
    item: {
      matcher: '*',
      hooks: [
        {
          type: 'command',
          name: 'writ',
          command: shellLine(hook, 'gemini-cli', places.platform),
          timeout: 5000,
        },
      ],
    } satisfies JsonObject,
  }))

/** What outranks every rule of a user: the agent leaves the settings of its hooks alone. */
function adminPolicy({ denyReads }: Wanted): string {
  const rules = [
    [
      'run_shell_command',
      String.raw`(hooksConfig|\\.gemini[/\\\\]+settings|GEMINI_CLI_SYSTEM_SETTINGS_PATH)`,
    ],
    ['write_file', String.raw`\\.gemini[/\\\\]+settings`],
    ['replace', String.raw`\\.gemini[/\\\\]+settings`],
    ...denyReads.flatMap((pattern) => [['read_file', patternOf(pattern)]]),
  ]
  return rules
    .map(([tool, pattern]) =>
      [
        '[[rule]]',
        `toolName = "${tool}"`,
        `argsPattern = "${pattern}"`,
        'decision = "deny"',
        'priority = 999',
        '',
      ].join('\n'),
    )
    .join('\n')
}

/** A pattern of paths as the regular expression that TOML holds in quotation marks. */
const patternOf = (glob: string): string =>
  glob
    .replace(/^~\//, '')
    .replaceAll(/[.+^${}()|[\]]/g, String.raw`\\$&`)
    .replaceAll('**', '.*')
    .replaceAll(/(?<!\.)\*/g, '[^/]*')
