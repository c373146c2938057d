/**
 * What in a workspace would be run, or believed, outside of the sandbox later: hooks of git, settings of editors and of other clients, start
 * files of shells. It stays as it was: read-only where it is, and absent where it was absent.
 */
export type Protected = {
  readonly path: string
  readonly kind: 'file' | 'directory'
  /** what an absent file says while its place is held: what its reader takes for nothing */
  readonly text?: string
  /** only where this is there already: an empty `.git` would be no repository */
  readonly within?: string
}

const file = (path: string): Protected => ({ path, kind: 'file' })
const saying =
  (text: string) =>
  (path: string): Protected => ({ path, kind: 'file', text })
const directory = (path: string): Protected => ({ path, kind: 'directory' })
const ofGit = (entry: Protected): Protected => ({ ...entry, within: '.git' })

export const PROTECTED: readonly Protected[] = [
  ...['.git/config', '.git/config.worktree'].map((path) => ofGit(file(path))),
  // another one here would move the settings of the repository to where it says; this one leaves them where they are
  ofGit(saying('.\n')('.git/commondir')),
  ...['.git/hooks', '.git/modules'].map((path) => ofGit(directory(path))),
  ...['.gitconfig', '.envrc'].map(file),
  ...['.bashrc', '.bash_profile', '.profile', '.zshrc', '.zshenv', '.zprofile'].map(file),
  ...['.mcp.json', '.github/mcp.json'].map(saying('{"mcpServers":{}}\n')),
  ...['opencode.json', '.claude/settings.json', '.claude/settings.local.json'].map(saying('{}\n')),
  ...['.vscode', '.idea', '.devcontainer', '.husky/_', '.github/hooks', '.github/copilot'].map(directory),
  ...['.cursor', '.codex', '.gemini', '.opencode', '.windsurf', '.roo', '.kiro', '.junie'].map(directory),
  ...['hooks', 'commands', 'agents', 'skills', 'plugins'].map((name) => directory(`.claude/${name}`)),
]

/** Names that hold secrets of a project; the templates of such files do not. */
export const isSecretName = (name: string): boolean =>
  (/^\.env(\..+)?$/.test(name) && !/\.(example|sample|template|dist|defaults)$/.test(name)) ||
  /^(\.writ|\.npmrc|\.pypirc|\.netrc|\.git-credentials|\.pgpass|\.htpasswd|id_(rsa|ecdsa|ed25519)|.*\.(pem|p12|pfx|key|keystore|jks))$/.test(
    name,
  )
