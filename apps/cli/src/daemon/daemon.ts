import type { PackageKnowledge } from '@writ/actions'
import type { LocalAction } from '@writ/contracts'
import type { HookReply } from '@writ/hooks'
import type { ReportProblem } from '@writ/point'
import type { CliConfig } from '../config.ts'
import type { KeyStores } from '../keys/key-stores.ts'
import type { StoredProfile } from '../profile.ts'

/** Whose policy this daemon enforces, and for whom it acts. */
export type DaemonSource = TenantSource | LocalSource

/** An enrolled agent of a tenant: its bundle, its sessions, records to its ledger. */
export type TenantSource = {
  readonly kind: 'tenant'
  readonly stored: StoredProfile
  readonly keys: KeyStores
  /** gateway of the signing proxy; the first that enrolment named when left out */
  readonly gateway?: string
}

/** Policy files and no account: the records stay on this machine, signed by a key of its own. */
export type LocalSource = {
  readonly kind: 'local'
  /** YAML, JSON or Cedar; several are one set of policies of one access group */
  readonly policies: readonly string[]
  /** `enforce` when left out */
  readonly mode?: 'observe' | 'enforce'
  /** what is not understood: `ask` when left out */
  readonly unknown?: 'allow' | 'ask' | 'deny'
  /** name of the agent in records: `local` when left out */
  readonly agent?: string
}

export type DaemonOptions = {
  readonly config: Pick<CliConfig, 'WRIT_HOME' | 'WRIT_ALLOW_PLAIN_HTTP_BEYOND_LOOPBACK' | 'XDG_RUNTIME_DIR'>
  readonly source: DaemonSource
  /**
   * where the sockets are. `shared`: the folder in which hook clients look. A path: a private folder of the caller's, which is made.
   * null: no sockets, in-process use only
   */
  readonly sockets: 'shared' | { readonly folder: string } | null
  /** port of the signing proxy on loopback, 0: any; null: none. Only with a tenant. */
  readonly proxyPort?: number | null
  /** all records of this daemon on this machine together, in bytes */
  readonly spoolBytes?: number
  readonly report?: ReportProblem
  /**
   * Set for the daemon of one run in a sandbox. What is asked comes from inside, and whoever is inside can tell of conversations that end and
   * begin elsewhere: so the workspaces (real paths) are those of the run whatever an event says, and all of it is one session.
   */
  readonly run?: { readonly workspaces: readonly string[] }
  /** the user's home: what `~` means to the agent */
  readonly userHome?: string
  /** wall clock, epoch milliseconds */
  readonly nowMs?: () => number
}

/** A connection that the proxy of a sandbox is asked to make. */
export type EgressAsk = {
  readonly host: string
  readonly port: number
  /** where the proxy reads the request */
  readonly verb?: string
  readonly path?: string
  /** why the sandbox does not make it, whatever policy says: it is recorded, and denied in either tier */
  readonly refusal?: string
  /** the client's own name of the conversation, where it is known */
  readonly conversation?: string | null
  readonly hangUp?: AbortSignal
}
export type EgressAnswer = {
  readonly outcome: 'allow' | 'deny'
  /** not empty where the outcome is `deny` */
  readonly reason: string
  readonly decisionId: string
}

/** Something that the kernel did not let happen in a sandbox: nothing is to be decided, it is recorded. */
export type KernelRefusal = {
  readonly action: LocalAction
  /** the call to the kernel that was refused */
  readonly call: string
  readonly reason: string
  readonly times: number
}

/** The enforcement point of this device. */
export type Daemon = {
  /** Answers one call of a client's hook, whatever happens: what cannot be decided is denied, unless the tenant only observes. */
  readonly ask: (client: string, payload: Uint8Array, hangUp?: AbortSignal) => Promise<HookReply>
  readonly connect: (ask: EgressAsk) => Promise<EgressAnswer>
  /** @returns the decision that it is recorded as */
  readonly refused: (refusal: KernelRefusal) => Promise<string>
  /** null where there are no sockets */
  readonly socketPath: string | null
  /** status, approvals; never to be shown to an agent */
  readonly adminPath: string | null
  readonly status: () => DaemonStatus
  /** what is known of packages now */
  readonly packages: () => PackageKnowledge
  /** settles when decisions can be made, or when that has taken too long */
  readonly whenReady: (patienceMs?: number) => Promise<boolean>
  readonly close: () => Promise<void>
}

export type DaemonStatus = {
  readonly source: 'tenant' | 'local'
  readonly tenant: string
  readonly agent: string
  readonly agentId: string
  /** null until there is a bundle */
  readonly mode: 'observe' | 'enforce' | null
  readonly bundleVersion: number | null
  /** decisions can be made and recorded; otherwise everything is refused where the mode is `enforce` */
  readonly isReady: boolean
  /** why not, or why soon not */
  readonly trouble: string | null
  /** since the control plane last vouched for the bundle; null: never, or no control plane */
  readonly silentSeconds: number | null
  readonly session: string | null
  readonly conversations: number
  /** records that are on this machine only */
  readonly recordsKept: number
  /** where MCP clients of this user reach the signing proxy, its path is a secret; null: there is none */
  readonly proxyUrl: string | null
  readonly recordsFolder: string
  readonly pid: number
}
