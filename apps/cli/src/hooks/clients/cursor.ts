import type { JsonObject } from '@writ/contracts'
import { shellLine } from '../command-line.ts'
import type { ClientRow, Wanted } from '../hook-file.ts'
import { joined } from '../places.ts'
import { permissionDenial } from './denials.ts'

/** One name that a version does not know makes it drop the whole file, so only long-known ones stand here. */
const EVENTS = [
  'preToolUse',
  'beforeShellExecution',
  'beforeMCPExecution',
  'beforeReadFile',
  'beforeSubmitPrompt',
]

export const cursor: ClientRow = {
  client: 'cursor',
  title: 'Cursor',
  programs: ['cursor', 'cursor-agent'],
  traces: ['.cursor'],
  minimumVersion: null,
  notEnforced: null,
  remarks: {
    observe: [],
    enforce: [
      'files that are open in the editor reach the model without a hook',
      'cloud agents run elsewhere: their hooks are set in the dashboard',
    ],
  },
  files: (wanted) => [
    {
      path: wanted.tier === 'enforce' ? managedPath(wanted) : userPath(wanted),
      content: {
        form: 'json',
        settings: [
          { at: ['version'], value: 1 },
          ...EVENTS.map((event) => ({ at: ['hooks', event], item: entry(wanted) })),
        ],
      },
    },
  ],
  canary: (command, cwd) => ({
    event: 'beforeShellExecution',
    payload: {
      conversation_id: 'writ-canary',
      generation_id: 'writ-canary',
      model: 'canary',
      hook_event_name: 'beforeShellExecution',
      cursor_version: '0',
      workspace_roots: [cwd],
      user_email: null,
      transcript_path: null,
      command,
      cwd,
      sandbox: false,
    },
  }),
  denies: permissionDenial,
}

const entry = ({ hook, places, tier }: Wanted): JsonObject => ({
  command: shellLine(hook, 'cursor', places.platform),
  timeout: 5,
  ...(tier === 'enforce' && { failClosed: true }),
})

const managedPath = ({ places }: Wanted): string =>
  ({
    linux: '/etc/cursor/hooks.json',
    darwin: '/Library/Application Support/Cursor/hooks.json',
    win32: 'C:\\ProgramData\\Cursor\\hooks.json',
  })[places.platform]

const userPath = ({ places }: Wanted): string => joined(places, places.home, '.cursor', 'hooks.json')
