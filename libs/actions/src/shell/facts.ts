import type { ActionClass } from '@writ/contracts'

/** What a fact is about; `unresolvable` is what could not be read off the command and matters. */
export const FACT_KINDS = [
  'destructive_delete',
  'disk_wipe',
  'data_destroy',
  'credential_read',
  'env_leak',
  'exfiltration',
  'reverse_shell',
  'download_run',
  'package_install',
  'privilege',
  'persistence',
  'history_tamper',
  'guard_tamper',
  'opaque_exec',
  'unresolvable',
] as const
export type FactKind = (typeof FACT_KINDS)[number]

export type Certainty = 'sure' | 'possible'

export type ShellFact = {
  readonly kind: FactKind
  /** the path, host, package, repository or program that it is about; never file content */
  readonly operand: string
  /** `sure`: the command does this. `possible`: it does so in some readings, or it is for a person to say. */
  readonly certainty: Certainty
  readonly why: string
  /** what it was found inside of, outermost first: `bash -c`, `xargs`, `rm` */
  readonly via: readonly string[]
  /** half-open range of UTF-16 units in the command */
  readonly span: readonly [number, number]
}

/** What a command does when nothing above is to be said of it: shown to policies, never a reason to stop. */
export type ShellUse = {
  /** `connect` and `send` name a host; `send`: words of this machine go there */
  readonly kind: 'run' | 'read' | 'write' | 'delete' | 'connect' | 'send' | 'install'
  readonly operand: string
}

export type ShellFacts = {
  readonly facts: readonly ShellFact[]
  readonly uses: readonly ShellUse[]
  /** absolute paths as they were written, by what they are without `..` and without links */
  readonly spelled: ReadonlyMap<string, string>
  /** absolute paths of files that are run and were there before */
  readonly scripts: readonly string[]
  /** files that the command makes of text which is known */
  readonly written: readonly { readonly path: string; readonly text: string }[]
}

export type ShellContext = {
  /** absolute; the workspace unless `workspaces` are given */
  readonly cwd: string
  readonly home: string
  /** the first is the one that unknown things are measured by */
  readonly workspaces?: readonly string[]
  readonly shell?: 'bash' | 'sh' | 'zsh'
  readonly platform?: 'linux' | 'darwin' | 'win32'
  /** hosts to which reading requests with local words or a token are ordinary */
  readonly trustedHosts?: readonly string[]
  /** packages that the workspace's lock file holds; without it, well-known development tools count as present */
  readonly installedPackages?: readonly string[]
}

/** The class of an action of which such a fact is true. */
export const CLASS_OF_KIND: Readonly<Record<FactKind, ActionClass>> = {
  destructive_delete: 'destructive',
  disk_wipe: 'destructive',
  data_destroy: 'destructive',
  credential_read: 'credential',
  env_leak: 'credential',
  exfiltration: 'sink.external',
  reverse_shell: 'exec',
  download_run: 'exec',
  package_install: 'exec',
  privilege: 'admin',
  persistence: 'admin',
  history_tamper: 'destructive',
  guard_tamper: 'admin',
  opaque_exec: 'exec',
  unresolvable: 'exec',
}
