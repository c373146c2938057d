/** What an agent needs of its human's home, of the network and of the environment. Paths are relative to the home. */
export type ClientProfile = {
  /** `read`: as it is; `copy`: a copy that is thrown away; `write`: the client's own files, which run nothing */
  readonly home: readonly { readonly path: string; readonly as: 'read' | 'copy' | 'write' }[]
  /** hosts of the model and of signing in: a name, or `*.name` */
  readonly hosts: readonly string[]
  /** environment variables, or prefixes that end in `*`, beside those that every command gets */
  readonly environment: readonly string[]
  /** set for the client */
  readonly sets: Readonly<Record<string, string>>
}

export const PROFILES = [
  'claude-code',
  'codex',
  'gemini-cli',
  'copilot-cli',
  'opencode',
  'cursor',
  'command',
] as const
export type ProfileName = (typeof PROFILES)[number]

const read = (...paths: string[]) => paths.map((path) => ({ path, as: 'read' }) as const)
const copy = (...paths: string[]) => paths.map((path) => ({ path, as: 'copy' }) as const)
const write = (...paths: string[]) => paths.map((path) => ({ path, as: 'write' }) as const)

/** What is not named stays outside: start files, shell snapshots and settings that a later run would obey are never writable. */
export const CLIENT_PROFILES: Readonly<Record<ProfileName, ClientProfile>> = {
  'claude-code': {
    home: [
      ...copy('.claude.json', '.claude/.credentials.json'),
      ...read('.claude/settings.json', '.claude/CLAUDE.md', '.claude/agents', '.claude/commands'),
      ...read('.claude/skills', '.claude/plugins', '.claude/local', '.local/share/claude'),
      ...write('.claude/projects', '.claude/todos'),
    ],
    hosts: ['api.anthropic.com', 'platform.claude.com', 'claude.ai', 'mcp-proxy.anthropic.com'],
    environment: [
      'ANTHROPIC_*',
      'CLAUDE_CODE_*',
      'MAX_THINKING_TOKENS',
      'MAX_MCP_OUTPUT_TOKENS',
      'API_TIMEOUT_MS',
      'BASH_DEFAULT_TIMEOUT_MS',
      'BASH_MAX_TIMEOUT_MS',
      'MCP_TIMEOUT',
      'MCP_TOOL_TIMEOUT',
      'DISABLE_*',
    ],
    // it runs as root only where it is told that something else confines it
    sets: { IS_SANDBOX: '1', DISABLE_AUTOUPDATER: '1' },
  },
  codex: {
    home: [
      ...copy('.codex/auth.json'),
      ...read('.codex/config.toml', '.codex/AGENTS.md', '.codex/prompts', '.codex/skills', '.codex/rules'),
      ...write('.codex/sessions'),
    ],
    hosts: ['api.openai.com', 'auth.openai.com', 'chatgpt.com'],
    environment: ['OPENAI_*', 'CODEX_*', 'AZURE_OPENAI_*'],
    sets: {},
  },
  'gemini-cli': {
    home: [
      ...copy('.gemini/oauth_creds.json', '.gemini/google_accounts.json', '.gemini/installation_id'),
      ...read('.gemini/settings.json', '.gemini/GEMINI.md', '.gemini/extensions', '.gemini/commands'),
    ],
    hosts: [
      'generativelanguage.googleapis.com',
      'cloudcode-pa.googleapis.com',
      'oauth2.googleapis.com',
      'accounts.google.com',
      'aiplatform.googleapis.com',
    ],
    environment: ['GEMINI_*', 'GOOGLE_API_KEY', 'GOOGLE_GENAI_*', 'GOOGLE_GEMINI_*', 'GOOGLE_CLOUD_*'],
    sets: {},
  },
  'copilot-cli': {
    home: [
      ...copy('.copilot/config.json', '.copilot/settings.json'),
      ...read('.copilot/mcp-config.json', '.copilot/agents', '.copilot/skills'),
      ...write('.copilot/session-state', '.copilot/history-session-state'),
    ],
    hosts: ['*.githubcopilot.com', 'api.github.com', 'github.com'],
    environment: ['COPILOT_*', 'GH_TOKEN', 'GITHUB_TOKEN'],
    sets: {},
  },
  opencode: {
    home: [
      ...copy('.local/share/opencode/auth.json'),
      ...read('.config/opencode', '.opencode/bin'),
      ...write('.local/share/opencode/storage'),
    ],
    hosts: [
      'opencode.ai',
      'models.dev',
      'api.anthropic.com',
      'api.openai.com',
      'generativelanguage.googleapis.com',
    ],
    environment: ['OPENCODE_*', 'ANTHROPIC_*', 'OPENAI_*', 'GEMINI_*'],
    sets: { OPENCODE_DISABLE_AUTOUPDATE: '1' },
  },
  cursor: {
    home: [
      ...copy('.cursor/cli-config.json', '.config/cursor/auth.json'),
      ...read('.cursor/rules', '.local/share/cursor-agent'),
      ...write('.cursor/chats'),
    ],
    hosts: ['*.cursor.sh', 'cursor.com', '*.cursor.com'],
    environment: ['CURSOR_*'],
    sets: {},
  },
  command: { home: [], hosts: [], environment: [], sets: {} },
}

/** Where run-times and package managers put programs below a home; none of these holds keys. */
export const TOOL_HOMES = [
  '.local/bin',
  '.local/lib',
  '.local/share/pnpm',
  '.local/share/fnm',
  '.local/share/mise',
  '.local/share/uv',

  '.nvm',
  '.fnm',
  '.volta',
  '.asdf',
  '.pyenv',
  '.rbenv',
  '.sdkman',
  '.rustup',
  '.cargo/bin',
  '.npm-global',
  '.deno/bin',
  '.bun/bin',
  'go/bin',
  'go/pkg',
  '.yarn/bin',
  'bin',
]
