import type { ClientProfile } from './profiles.ts'

export type EnvironmentAsk = {
  readonly profile: ClientProfile
  /** names that the person at the terminal lets through */
  readonly passed: readonly string[]
  /** port of the bridge on the sandbox's loopback */
  readonly proxyPort: number
  /** files of certificates inside: ours alone, and the system's with ours; null where nothing is intercepted */
  readonly certificates: { readonly own: string; readonly all: string } | null
  /** placeholders that stand for secrets */
  readonly placeholders: Readonly<Record<string, string>>
}

type Environment = Readonly<Record<string, string | undefined>>

/** The whole environment inside. What is not let through by name is not there: a shell's environment is full of keys. */
export function environmentInside(
  outside: Environment,
  ask: EnvironmentAsk,
): Readonly<Record<string, string>> {
  const allowed = [...EVERYONE, ...ask.profile.environment, ...ask.passed]
  const kept = Object.entries(outside).flatMap(([name, value]) =>
    value !== undefined && allowed.some((pattern) => isNamed(name, pattern)) && !isNever(name)
      ? [[name, value] as const]
      : [],
  )
  return {
    ...Object.fromEntries(kept),
    ...ask.profile.sets,
    ...proxyVariables(ask.proxyPort),
    ...certificateVariables(ask.certificates),
    ...ask.placeholders,
  }
}

const EVERYONE = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LANGUAGE',
  'LC_*',
  'TZ',
  'TERM',
  'TERM_PROGRAM',

  'TERM_PROGRAM_VERSION',
  'COLORTERM',
  'NO_COLOR',
  'FORCE_COLOR',
  'CI',
  'EDITOR',
  'PAGER',
  'COLUMNS',
  'LINES',
]

const isNamed = (name: string, pattern: string): boolean =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern

/** Code or settings put into every program, and ways to services that run unconfined. No option lets these through. */
const isNever = (name: string): boolean =>
  /^(LD_|DYLD_|BASH_FUNC_|GIT_(?!AUTHOR_|COMMITTER_))/.test(name) || NEVER.has(name.toUpperCase())

const NEVER = new Set([
  'BASH_ENV',
  'ENV',
  'PROMPT_COMMAND',
  'NODE_OPTIONS',
  'NODE_PATH',
  'PYTHONSTARTUP',
  'PYTHONPATH',
  'PERL5OPT',

  'PERL5LIB',
  'RUBYOPT',
  'RUBYLIB',
  'JAVA_TOOL_OPTIONS',
  'SSH_AUTH_SOCK',
  'SSH_AGENT_PID',
  'GPG_AGENT_INFO',
  'DBUS_SESSION_BUS_ADDRESS',
  'DBUS_SYSTEM_BUS_ADDRESS',
  'DOCKER_HOST',
  'CONTAINER_HOST',
  'KUBECONFIG',
  'XDG_RUNTIME_DIR',
  'DISPLAY',
  'WAYLAND_DISPLAY',
  'XAUTHORITY',
  'TMUX',
  'STY',
  'VSCODE_IPC_HOOK_CLI',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'ALL_PROXY',
  'NO_PROXY',
  'FTP_PROXY',
])

// In both spellings: programs differ in which they read.
function proxyVariables(port: number): Readonly<Record<string, string>> {
  const proxy = `http://127.0.0.1:${port}`
  const upper = {
    HTTP_PROXY: proxy,
    HTTPS_PROXY: proxy,
    ALL_PROXY: proxy,
    NO_PROXY: 'localhost,127.0.0.1,::1',
  }
  const lower = Object.fromEntries(Object.entries(upper).map(([name, value]) => [name.toLowerCase(), value]))
  return { ...upper, ...lower, NODE_USE_ENV_PROXY: '1' }
}

function certificateVariables(files: EnvironmentAsk['certificates']): Readonly<Record<string, string>> {
  if (files === null) return {}
  const everything = [
    'SSL_CERT_FILE',
    'REQUESTS_CA_BUNDLE',
    'CURL_CA_BUNDLE',
    'GIT_SSL_CAINFO',
    'CARGO_HTTP_CAINFO',
  ]
  const all = Object.fromEntries([...everything, 'PIP_CERT'].map((name) => [name, files.all]))
  return { ...all, NODE_EXTRA_CA_CERTS: files.own, DENO_CERT: files.own }
}
