/** Files of secrets, as clients write patterns of paths: what `--deny-reads` means without a pattern. */
export const CREDENTIAL_FILES: readonly string[] = [
  '**/.env',
  '**/.env.*',
  '~/.ssh/**',
  '~/.aws/**',
  '~/.azure/**',
  '~/.config/gcloud/**',
  '~/.config/gh/**',
  '~/.docker/config.json',
  '~/.gnupg/**',
  '~/.kube/**',
  '~/.netrc',
  '~/.npmrc',
  '~/.pypirc',
  '~/.git-credentials',
  '~/.vault-token',
  '~/.writ/**',
]
