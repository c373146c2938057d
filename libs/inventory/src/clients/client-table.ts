import type { InventoryClient } from '@writ/contracts'
import type { Platform } from '../disk.ts'

/** How a client is known when it is there. Versions are read from the files of its package; nothing is started. */
export type ClientRow = {
  readonly client: InventoryClient
  /** names of its program on PATH */
  readonly programs: readonly string[]
  /** its packages on npm */
  readonly packages: readonly string[]
  /** files of an installed application, by platform: a package.json, a product.json or an Info.plist that says its version */
  readonly applications: Partial<Readonly<Record<Platform, readonly string[]>>>
}

const row = (
  client: InventoryClient,
  programs: readonly string[] = [],
  packages: readonly string[] = [],
  applications: ClientRow['applications'] = {},
): ClientRow => ({ client, programs, packages, applications })

/** An application made with Electron, under its names on the three platforms. */
const electron = (
  mac: string,
  linux: readonly string[],
  windows: readonly string[],
): ClientRow['applications'] => ({
  darwin: ['', '{home}'].map((root) => `${root}/Applications/${mac}.app/Contents/Info.plist`),
  linux: linux.map((folder) => `${folder}/resources/app/package.json`),
  win32: windows.flatMap((name) => [
    `{local}/Programs/${name}/resources/app/package.json`,
    `C:/Program Files/${name}/resources/app/package.json`,
  ]),
})

export const CLIENT_TABLE: readonly ClientRow[] = [
  row('claude-code', ['claude'], ['@anthropic-ai/claude-code']),
  row('claude-desktop', ['claude-desktop'], [], {
    ...electron('Claude', ['/usr/lib/claude-desktop', '/opt/Claude'], ['Claude']),
    win32: ['{local}/AnthropicClaude/app-*/resources/app/package.json', '{local}/AnthropicClaude/claude.exe'],
  }),
  row(
    'cursor',
    ['cursor', 'cursor-agent'],
    [],
    electron('Cursor', ['/usr/share/cursor', '/opt/Cursor', '/opt/cursor'], ['cursor']),
  ),
  row('vscode', ['code', 'code-insiders', 'codium'], [], {
    ...electron(
      'Visual Studio Code',
      [
        '/usr/share/code',
        '/usr/share/code-insiders',
        '/usr/share/codium',
        '/snap/code/current/usr/share/code',
      ],
      ['Microsoft VS Code', 'Microsoft VS Code Insiders', 'VSCodium'],
    ),
  }),
  row('copilot-cli', ['copilot'], ['@github/copilot']),
  row(
    'windsurf',
    ['windsurf'],
    [],
    electron('Windsurf', ['/usr/share/windsurf', '/opt/Windsurf'], ['Windsurf']),
  ),
  row('codex', ['codex'], ['@openai/codex']),
  row('gemini-cli', ['gemini'], ['@google/gemini-cli']),
  row(
    'antigravity',
    ['antigravity'],
    [],
    electron('Antigravity', ['/usr/share/antigravity', '/opt/Antigravity'], ['Antigravity']),
  ),
  row('zed', ['zed', 'zeditor'], [], {
    darwin: ['/Applications/Zed.app/Contents/Info.plist'],
    win32: ['{local}/Programs/Zed/Zed.exe'],
  }),
  row('cline', ['cline'], ['cline']),
  row('kiro', ['kiro', 'kiro-cli'], [], electron('Kiro', ['/usr/share/kiro', '/opt/Kiro'], ['Kiro'])),
  row('amazon-q', ['q', 'qchat'], []),
  row('opencode', ['opencode'], ['opencode-ai']),
  row('goose', ['goose'], [], { darwin: ['/Applications/Goose.app/Contents/Info.plist'] }),
  row('lm-studio', ['lms'], [], electron('LM Studio', ['/opt/LM Studio', '/opt/lm-studio'], ['LM Studio'])),
  row('openclaw', ['openclaw', 'clawdbot'], ['openclaw']),
  row('junie', ['junie'], ['@jetbrains/junie-cli']),
]

/** Folders with programs that are not always on PATH. */
export const PROGRAM_FOLDERS: Readonly<Record<Platform, readonly string[]>> = {
  linux: [
    '{home}/.local/bin',
    '{home}/bin',
    '/usr/local/bin',
    '/usr/bin',
    '{home}/.claude/local',
    '{home}/.opencode/bin',
    '{home}/.npm-global/bin',
    '{home}/.bun/bin',
    '{home}/.nvm/versions/node/*/bin',
    '{home}/.volta/bin',
    '/snap/bin',
  ],
  darwin: [
    '{home}/.local/bin',
    '{home}/bin',
    '/usr/local/bin',
    '/opt/homebrew/bin',
    '{home}/.claude/local',
    '{home}/.opencode/bin',
    '{home}/.npm-global/bin',
    '{home}/.bun/bin',
    '{home}/.nvm/versions/node/*/bin',
    '{home}/.volta/bin',
  ],
  win32: [
    '{config}/npm',
    '{home}/.local/bin',
    '{home}/.bun/bin',
    '{home}/.opencode/bin',
    '{local}/pnpm',
    '{home}/scoop/shims',
    'C:/Program Files/nodejs',
  ],
}

/** As a program is called in a folder. */
export const ENDINGS: Readonly<Record<Platform, readonly string[]>> = {
  linux: [''],
  darwin: [''],
  win32: ['.exe', '.cmd', '.ps1', ''],
}

/** Options that switch off what would ask or forbid. */
export const UNSAFE_OPTIONS: ReadonlySet<string> = new Set([
  '--dangerously-skip-permissions',
  '--allow-dangerously-skip-permissions',
  '--bare',
  '--safe-mode',
  '--yolo',
  '--dangerously-bypass-approvals-and-sandbox',
  '--allow-all-tools',
  '--allow-all',
  '--trust-all-tools',
  '--pure',
])
