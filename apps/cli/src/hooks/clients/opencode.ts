import { pathToFileURL } from 'node:url'
import type { ClientRow, HookFile, Wanted } from '../hook-file.ts'
import { joined } from '../places.ts'
import { decisionDenial } from './denials.ts'
import { opencodePlugin } from './opencode-plugin.ts'

export const opencode: ClientRow = {
  client: 'opencode',
  title: 'opencode',
  programs: ['opencode'],
  traces: ['.config/opencode', '.opencode'],
  minimumVersion: null,
  notEnforced: '`opencode --pure` leaves out plugins, managed ones too',
  remarks: {
    observe: [],
    enforce: [
      'permissions of the managed file hold under `--pure` too: nested agents and `--deny-reads` stand there',
    ],
  },
  files: (wanted) => [
    {
      path: pluginPath(wanted),
      content: { form: 'whole', text: opencodePlugin(wanted.hook) },
    },
    ...(wanted.tier === 'enforce' ? [permissions(wanted)] : []),
  ],
  canary: (command, cwd) => ({
    event: 'tool.execute.before',
    payload: {
      event: 'tool.execute.before',
      session: 'writ-canary',
      call: 'writ-canary',
      tool: 'bash',
      args: { command, description: 'canary of writ hooks doctor' },
      directory: cwd,
      worktree: cwd,
    },
  }),
  denies: decisionDenial,
}

const pluginPath = (wanted: Wanted): string => joined(wanted.places, folderOf(wanted), 'plugin', 'writ.js')

const isWindows = ({ places }: Wanted): boolean => places.platform === 'win32'

function folderOf({ tier, places }: Wanted): string {
  if (tier === 'observe') return joined(places, places.home, '.config', 'opencode')
  return {
    linux: '/etc/opencode',
    darwin: '/Library/Application Support/opencode',
    win32: 'C:\\ProgramData\\opencode',
  }[places.platform]
}

const permissions = (wanted: Wanted): HookFile => ({
  path: joined(wanted.places, folderOf(wanted), 'opencode.json'),
  content: {
    form: 'json',
    settings: [
      // Plugins that lie in this folder are not looked for, as they are in those of users.
      { at: ['plugin'], item: pathToFileURL(pluginPath(wanted), { windows: isWindows(wanted) }).href },
      { at: ['permission', 'bash', 'opencode *--pure*'], value: 'deny' },
      ...wanted.denyReads.map((pattern) => ({ at: ['permission', 'read', pattern], value: 'deny' })),
    ],
  },
})
