import type { ActionClass } from '@writ/contracts'

const MAX_PATH = 4096

/**
 * What the path of a file says beyond being read or written: null when nothing. It knows where secrets are kept, and the files that decide
 * what runs or who watches. A link or another spelling of a path is not seen through: resolve it first.
 */
export function classOfPath(path: string, use: 'read' | 'write'): ActionClass | null {
  const text = `/${path.slice(-MAX_PATH).replaceAll('\\', '/').toLowerCase()}`
  if (HARMLESS.test(text)) return null
  if (SECRETS.some((pattern) => pattern.test(text))) return 'credential'
  return use === 'write' && CONTROLS.some((pattern) => pattern.test(text)) ? 'admin' : null
}

/** Examples that carry no secret by convention. */
const HARMLESS = /\/\.env\.(?:example|sample|template|dist)$/

const SECRETS = [
  /\/\.(?:ssh|aws|azure|gnupg|password-store|kube)\//,
  /\/\.config\/(?:gcloud|gh|op)\//,
  /\/\.env(?:\.[\w-]+)?$/,
  /\/\.(?:netrc|npmrc|pypirc|pgpass|git-credentials|vault-token)$/,
  /\/\.docker\/config\.json$/,
  /\/id_(?:rsa|dsa|ecdsa|ed25519)$/,
  /\.(?:pem|p12|pfx|key|keystore|jks|kdbx|keychain-db)$/,
  /\/etc\/(?:shadow|gshadow|sudoers)/,
  /\/proc\/[^/]+\/environ$/,
]

const CONTROLS = [
  /\/\.git\/(?:hooks\/|config$)/,
  /\/\.github\/workflows\//,
  /\/\.gitlab-ci\.yml$/,
  /\/\.(?:claude|codex|cursor|gemini|copilot|windsurf|opencode)\//,
  /\/\.(?:mcp\.json|bashrc|bash_profile|profile|zshrc|zshenv|zprofile)$/,
  /^\/+(?:etc|usr|bin|sbin|boot|lib|system|library)\//,
  /\/(?:authorized_keys|crontab|cron\.[a-z]+)(?:\/|$)/,
  /\/(?:systemd|launchagents|launchdaemons)\//,
]
