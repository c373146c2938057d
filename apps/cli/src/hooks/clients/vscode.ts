import type { ClientRow, HookFile } from '../hook-file.ts'
import { copilotCli, copilotHooks } from './copilot-cli.ts'

export const vscode: ClientRow = {
  ...copilotCli,
  client: 'vscode',
  title: 'VS Code agent',
  programs: ['code', 'code-insiders'],
  traces: ['.vscode', '.config/Code', 'Library/Application Support/Code', 'AppData/Roaming/Code'],
  notEnforced: 'sessions of the Local harness do not run the hooks of the organisation',
  remarks: {
    observe: [],
    enforce: [
      'the Copilot harness is governed; set the device policies ChatEditorPreferCopilotHarness and ChatAllowManagedHooksOnly',
    ],
  },
  files: (wanted) => [
    copilotHooks(wanted),
    ...(wanted.tier === 'enforce' && wanted.places.platform === 'linux' ? [DEVICE_POLICIES] : []),
  ],
}

/** On macOS and Windows device policies come from a profile or the registry, not from a file. */
const DEVICE_POLICIES: HookFile = {
  path: '/etc/vscode/policy.json',
  content: { form: 'json', settings: [{ at: ['ChatEditorPreferCopilotHarness'], value: true }] },
}
