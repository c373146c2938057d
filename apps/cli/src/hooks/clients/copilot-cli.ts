import type { JsonObject } from '@writ/contracts'
import { powershellLine, shellLine } from '../command-line.ts'
import type { ClientRow, HookFile, Wanted } from '../hook-file.ts'
import { joined } from '../places.ts'
import { flatDenial } from './denials.ts'

const EVENTS = ['PreToolUse', 'PostToolUse', 'UserPromptSubmit', 'SessionStart', 'SessionEnd']

export const copilotCli: ClientRow = {
  client: 'copilot-cli',
  title: 'GitHub Copilot CLI',
  programs: ['copilot'],
  traces: ['.copilot'],
  minimumVersion: null,
  notEnforced: null,
  remarks: {
    observe: ['`disableAllHooks` in the settings of the user or of the repository leaves it out'],
    enforce: [
      'a hook that does not answer in its 30 s lets the action run; the hook client answers after 2 s',
    ],
  },
  files: (wanted) => [copilotHooks(wanted)],
  canary: (command, cwd) => ({
    event: 'PreToolUse',
    payload: {
      hook_event_name: 'PreToolUse',
      session_id: 'writ-canary',
      timestamp: '2026-01-01T00:00:00.000Z',
      cwd,
      tool_name: 'Bash',
      tool_input: { command, description: 'canary of writ hooks doctor' },
    },
  }),
  denies: flatDenial,
}

/** The one file that Copilot CLI reads, and the Copilot harness of VS Code with it. */
export const copilotHooks = (wanted: Wanted): HookFile => ({
  path: joined(wanted.places, folderOf(wanted), 'writ.json'),
  content: { form: 'whole', text: `${JSON.stringify(hooks(wanted), null, 2)}\n` },
})

function folderOf({ tier, places }: Wanted): string {
  if (tier === 'observe') return joined(places, places.home, '.copilot', 'hooks')
  return places.platform === 'win32'
    ? 'C:\\ProgramData\\GitHub\\Copilot\\policy.d'
    : '/etc/github-copilot/policy.d'
}

/** Its `exec` form is dropped without a word, and the action runs: only lines for a shell are taken. */
const hooks = ({ hook, places }: Wanted): JsonObject => ({
  version: 1,
  hooks: Object.fromEntries(
    EVENTS.map((event) => [
      event,
      [
        {
          type: 'command',
          bash: shellLine(hook, 'copilot-cli', places.platform === 'win32' ? 'linux' : places.platform),
          powershell: powershellLine(hook, 'copilot-cli'),
          timeoutSec: 30,
        },
      ],
    ]),
  ),
})
