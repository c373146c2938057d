import type { InventoryClient, InventoryScope } from '@writ/contracts'
import type { Platform } from './disk.ts'
import type { Format } from './reading/parse.ts'
import type { ServersAt } from './servers/locate.ts'

/**
 * Where clients keep what is looked at. `{home}`, `{config}`, `{local}` and `{system}` stand for folders of the platform, `{project}` for each
 * workspace, `*` for one name and `**` for any folders.
 */
export type Place = {
  readonly client: InventoryClient
  readonly scope: InventoryScope
  readonly path: string
  readonly format: Format
  /** where servers stand in it; empty: none do */
  readonly servers: ServersAt
  /** hooks stand in it, under `hooks` */
  readonly hooks: boolean
  /** only there; everywhere when left out */
  readonly on?: readonly Platform[]
}

const MCP_SERVERS: ServersAt = [['mcpServers']]
const SERVERS: ServersAt = [['servers'], ['mcpServers']]
const IN_SETTINGS: ServersAt = [['mcp', 'servers'], ['mcp.servers'], ['mcpServers']]
const NONE: ServersAt = []

type More = {
  readonly format?: Format
  readonly servers?: ServersAt
  readonly hooks?: boolean
  readonly on?: readonly Platform[]
}

const at = (client: InventoryClient, scope: InventoryScope, path: string, more: More = {}): Place => ({
  client,
  scope,
  path,
  format: 'jsonc',
  servers: MCP_SERVERS,
  hooks: false,
  ...more,
})
const hooksAt = (client: InventoryClient, scope: InventoryScope, path: string, more: More = {}): Place =>
  at(client, scope, path, { servers: NONE, hooks: true, ...more })

/** Editors that are VS Code, by the name of their folder. */
const EDITORS = ['Code', 'Code - Insiders', 'VSCodium', 'Code - OSS']
const EDITOR_FOLDERS = [...EDITORS, 'Cursor', 'Windsurf', 'Trae', 'Kiro', 'Antigravity'].map(
  (name) => `{config}/${name}/User`,
)
const REMOTE_FOLDERS = [
  '{home}/.vscode-server/data/User',
  '{home}/.vscode-server-insiders/data/User',
  '{home}/.cursor-server/data/User',
]

const CLAUDE: readonly Place[] = [
  at('claude-desktop', 'user', '{config}/Claude/claude_desktop_config.json'),
  at('claude-desktop', 'user', '{config}/Claude/Claude Extensions/*/manifest.json', {
    servers: [['server', 'mcp_config']],
  }),
  at('claude-code', 'user', '{home}/.claude.json', {
    servers: [['mcpServers'], ['projects', '*', 'mcpServers']],
  }),
  at('claude-code', 'user', '{home}/.claude/settings.json', { hooks: true }),
  at('claude-code', 'user', '{home}/.claude/settings.local.json', { hooks: true }),
  at('claude-code', 'user', '{home}/.claude/mcp.json'),
  at('claude-code', 'project', '{project}/.mcp.json'),
  at('claude-code', 'project', '{project}/.claude/settings.json', { hooks: true }),
  at('claude-code', 'project', '{project}/.claude/settings.local.json', { hooks: true }),
  ...[
    '/Library/Application Support/ClaudeCode',
    '/etc/claude-code',
    'C:/Program Files/ClaudeCode',
    'C:/ProgramData/ClaudeCode',
  ].flatMap((folder) => {
    const on = platformOf(folder)
    return [
      at('claude-code', 'managed', `${folder}/managed-mcp.json`, { on }),
      hooksAt('claude-code', 'managed', `${folder}/managed-settings.json`, { on }),
      hooksAt('claude-code', 'managed', `${folder}/managed-settings.d/*.json`, { on }),
    ]
  }),
  at('claude-code', 'plugin', '{home}/.claude/plugins/cache/**/.mcp.json', { servers: [['mcpServers'], []] }),
  at('claude-code', 'plugin', '{home}/.claude/plugins/cache/**/.claude-plugin/plugin.json', { hooks: true }),
  hooksAt('claude-code', 'plugin', '{home}/.claude/plugins/cache/**/hooks/hooks.json'),
]

const CURSOR: readonly Place[] = [
  at('cursor', 'user', '{home}/.cursor/mcp.json'),
  at('cursor', 'project', '{project}/.cursor/mcp.json'),
  hooksAt('cursor', 'user', '{home}/.cursor/hooks.json'),
  hooksAt('cursor', 'project', '{project}/.cursor/hooks.json'),
  hooksAt('cursor', 'managed', '/Library/Application Support/Cursor/hooks.json', { on: ['darwin'] }),
  hooksAt('cursor', 'managed', '/etc/cursor/hooks.json', { on: ['linux'] }),
  hooksAt('cursor', 'managed', 'C:/ProgramData/Cursor/hooks.json', { on: ['win32'] }),
]

const EDITOR: readonly Place[] = [
  ...[...EDITORS.map((name) => `{config}/${name}/User`), ...REMOTE_FOLDERS].flatMap((folder) =>
    [folder, `${folder}/profiles/*`].flatMap((place) => [
      at('vscode', 'user', `${place}/mcp.json`, { servers: SERVERS }),
      at('vscode', 'user', `${place}/settings.json`, { servers: IN_SETTINGS }),
    ]),
  ),
  at('vscode', 'project', '{project}/.vscode/mcp.json', { servers: SERVERS }),
  at('vscode', 'project', '{project}/.vscode/settings.json', { servers: IN_SETTINGS }),
  ...[...EDITOR_FOLDERS, ...REMOTE_FOLDERS].flatMap((folder) => [
    at('cline', 'user', `${folder}/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json`),
    at('roo', 'user', `${folder}/globalStorage/rooveterinaryinc.roo-cline/settings/mcp_settings.json`),
    at('roo', 'user', `${folder}/globalStorage/rooveterinaryinc.roo-cline/settings/cline_mcp_settings.json`),
  ]),
  at('cline', 'user', '{home}/.cline/data/settings/cline_mcp_settings.json'),
  at('roo', 'project', '{project}/.roo/mcp.json'),
]

const COPILOT: readonly Place[] = [
  at('copilot-cli', 'user', '{home}/.copilot/mcp-config.json'),
  at('copilot-cli', 'project', '{project}/.github/mcp.json', { servers: SERVERS }),
  hooksAt('copilot-cli', 'user', '{home}/.copilot/hooks/*.json'),
  hooksAt('copilot-cli', 'user', '{home}/.copilot/settings.json'),
  hooksAt('copilot-cli', 'project', '{project}/.github/hooks/*.json'),
  hooksAt('copilot-cli', 'project', '{project}/.github/copilot/settings*.json'),
  hooksAt('copilot-cli', 'managed', '/etc/github-copilot/policy.d/*.json', { on: ['linux', 'darwin'] }),
  hooksAt('copilot-cli', 'managed', 'C:/ProgramData/GitHub/Copilot/policy.d/*.json', { on: ['win32'] }),
  at('jetbrains', 'user', '{home}/.config/github-copilot/intellij/mcp.json', {
    servers: SERVERS,
    on: ['linux', 'darwin'],
  }),
  at('jetbrains', 'user', '{local}/github-copilot/intellij/mcp.json', { servers: SERVERS, on: ['win32'] }),
]

const WINDSURF: readonly Place[] = [
  at('windsurf', 'user', '{home}/.codeium/windsurf/mcp_config.json'),
  at('windsurf', 'user', '{home}/.codeium/windsurf-next/mcp_config.json'),
  at('windsurf', 'user', '{home}/.codeium/mcp_config.json'),
  hooksAt('windsurf', 'user', '{home}/.codeium/windsurf/hooks.json'),
  hooksAt('windsurf', 'project', '{project}/.windsurf/hooks.json'),
  hooksAt('windsurf', 'managed', '/Library/Application Support/Windsurf/hooks.json', { on: ['darwin'] }),
  hooksAt('windsurf', 'managed', '/etc/windsurf/hooks.json', { on: ['linux'] }),
  hooksAt('windsurf', 'managed', 'C:/ProgramData/Windsurf/hooks.json', { on: ['win32'] }),
]

const CODEX_SERVERS = {
  format: 'toml',
  servers: [['mcp_servers'], ['profiles', '*', 'mcp_servers']],
  hooks: true,
} as const
const CODEX: readonly Place[] = [
  at('codex', 'user', '{home}/.codex/config.toml', CODEX_SERVERS),
  at('codex', 'project', '{project}/.codex/config.toml', CODEX_SERVERS),
  at('codex', 'managed', '/etc/codex/config.toml', { ...CODEX_SERVERS, on: ['linux', 'darwin'] }),
  at('codex', 'managed', '/etc/codex/requirements.toml', { ...CODEX_SERVERS, on: ['linux', 'darwin'] }),
  at('codex', 'managed', '/etc/codex/managed_config.toml', { ...CODEX_SERVERS, on: ['linux', 'darwin'] }),
  hooksAt('codex', 'user', '{home}/.codex/hooks.json'),
  hooksAt('codex', 'project', '{project}/.codex/hooks.json'),
]

const GEMINI: readonly Place[] = [
  at('gemini-cli', 'user', '{home}/.gemini/settings.json', { hooks: true }),
  at('gemini-cli', 'project', '{project}/.gemini/settings.json', { hooks: true }),
  at('gemini-cli', 'plugin', '{home}/.gemini/extensions/*/gemini-extension.json', { hooks: true }),
  hooksAt('gemini-cli', 'plugin', '{home}/.gemini/extensions/*/hooks/hooks.json'),
  at('gemini-cli', 'managed', '/etc/gemini-cli/settings.json', { hooks: true, on: ['linux'] }),
  at('gemini-cli', 'managed', '/Library/Application Support/GeminiCli/settings.json', {
    hooks: true,
    on: ['darwin'],
  }),
  at('gemini-cli', 'managed', 'C:/ProgramData/gemini-cli/settings.json', { hooks: true, on: ['win32'] }),
  at('antigravity', 'user', '{home}/.gemini/antigravity/mcp_config.json'),
]

const OPENCODE = { servers: [['mcp']] } as const
const OTHERS: readonly Place[] = [
  at('zed', 'user', '{home}/.config/zed/settings.json', {
    servers: [['context_servers']],
    on: ['linux', 'darwin'],
  }),
  at('zed', 'user', '{config}/Zed/settings.json', { servers: [['context_servers']], on: ['win32'] }),
  at('zed', 'project', '{project}/.zed/settings.json', { servers: [['context_servers']] }),
  at('junie', 'user', '{home}/.junie/mcp/mcp.json'),
  at('junie', 'project', '{project}/.junie/mcp/mcp.json'),
  at('kiro', 'user', '{home}/.kiro/settings/mcp.json'),
  at('kiro', 'user', '{home}/.kiro/agents/*.json', { hooks: true }),
  at('kiro', 'project', '{project}/.kiro/settings/mcp.json'),
  at('kiro', 'project', '{project}/.kiro/agents/*.json', { hooks: true }),
  at('amazon-q', 'user', '{home}/.aws/amazonq/mcp.json'),
  at('amazon-q', 'user', '{home}/.aws/amazonq/default.json'),
  at('amazon-q', 'user', '{home}/.aws/amazonq/agents/*.json', { hooks: true }),
  at('amazon-q', 'user', '{home}/.aws/amazonq/cli-agents/*.json', { hooks: true }),
  at('amazon-q', 'project', '{project}/.amazonq/mcp.json'),
  at('amazon-q', 'project', '{project}/.amazonq/cli-agents/*.json', { hooks: true }),
  ...['{home}/.config/opencode', '{project}', '{project}/.opencode'].flatMap((folder) =>
    ['opencode.json', 'opencode.jsonc'].map((name) =>
      at('opencode', folder.startsWith('{home}') ? 'user' : 'project', `${folder}/${name}`, OPENCODE),
    ),
  ),
  ...['/etc/opencode', '/Library/Application Support/opencode', 'C:/ProgramData/opencode'].flatMap((folder) =>
    ['opencode.json', 'opencode.jsonc'].map((name) =>
      at('opencode', 'managed', `${folder}/${name}`, { ...OPENCODE, on: platformOf(folder) }),
    ),
  ),
  at('goose', 'user', '{home}/.config/goose/config.yaml', {
    format: 'yaml',
    servers: [['extensions']],
    on: ['linux', 'darwin'],
  }),
  at('goose', 'user', '{config}/Block/goose/config/config.yaml', {
    format: 'yaml',
    servers: [['extensions']],
    on: ['win32'],
  }),
  at('lm-studio', 'user', '{home}/.lmstudio/mcp.json'),
  at('openclaw', 'user', '{home}/.openclaw/openclaw.json', {
    servers: [['mcpServers'], ['mcp', 'servers'], ['mcp', 'mcpServers']],
  }),
  at('openclaw', 'user', '{home}/.openclaw/mcp.json'),
]

export const PLACES: readonly Place[] = [
  ...CLAUDE,
  ...CURSOR,
  ...EDITOR,
  ...COPILOT,
  ...WINDSURF,
  ...CODEX,
  ...GEMINI,
  ...OTHERS,
]

/** Where tokens of OAuth are kept by clients that keep them in files: read for the names of servers only, and for who else can read them. */
export const TOKEN_STORES: readonly { readonly client: InventoryClient; readonly path: string }[] = [
  { client: 'claude-code', path: '{home}/.claude/.credentials.json' },
  { client: 'codex', path: '{home}/.codex/.credentials.json' },
  { client: 'codex', path: '{home}/.codex/auth.json' },
  { client: 'gemini-cli', path: '{home}/.gemini/mcp-oauth-tokens.json' },
  { client: 'gemini-cli', path: '{home}/.gemini/oauth_creds.json' },
]

/** Other files by which an organisation binds clients: who can change them is looked at, and not what they say. */
export const MANAGED_FILES: readonly {
  readonly client: InventoryClient
  readonly path: string
  readonly on: readonly Platform[]
}[] = [
  { client: 'gemini-cli', path: '/etc/gemini-cli/policies/*.toml', on: ['linux'] },
  { client: 'gemini-cli', path: '/Library/Application Support/GeminiCli/policies/*.toml', on: ['darwin'] },
  { client: 'gemini-cli', path: 'C:/ProgramData/gemini-cli/policies/*.toml', on: ['win32'] },
  { client: 'vscode', path: '/etc/vscode/policy.json', on: ['linux'] },
]

/** Where workspaces are named that were worked in. */
export const EDITOR_WORKSPACES = EDITOR_FOLDERS.map((folder) => `${folder}/workspaceStorage/*/workspace.json`)

function platformOf(folder: string): readonly Platform[] {
  if (folder.startsWith('C:')) return ['win32']
  return folder.startsWith('/Library') ? ['darwin'] : ['linux']
}

type Folders = Readonly<Record<'config' | 'local' | 'system', string>>

const FOLDERS: Readonly<Record<Platform, Folders>> = {
  linux: { config: '{home}/.config', local: '{home}/.local/share', system: '/etc' },
  darwin: {
    config: '{home}/Library/Application Support',
    local: '{home}/Library/Application Support',
    system: '/Library/Application Support',
  },
  win32: { config: '{home}/AppData/Roaming', local: '{home}/AppData/Local', system: 'C:/ProgramData' },
}

/** A path of the table for one platform and one user; `{project}` stays. */
export const resolved = (
  path: string,
  { platform, home }: { readonly platform: Platform; readonly home: string },
): string =>
  path
    .replace(/^\{(config|local|system)\}/, (_, name: keyof Folders) => FOLDERS[platform][name])
    .replace('{home}', home)
