import type { AgentId, NodeId, Refusal, SessionId } from '@writ/contracts'
import type { PackageKnowledge } from '@writ/actions'
import type {
  Acting,
  ApprovalDesk,
  ContentKeySource,
  CurrentBundle,
  SessionEnder,
  SessionStore,
} from '@writ/enforcement'
import type { Spool } from '@writ/point'
import type { Upstream } from '../proxy/upstream.ts'

/** Where this device's policy comes from, and for whom it acts by it: a tenant, or the files of whoever sits at it. */
export type Point = {
  readonly kind: 'tenant' | 'local'
  /** names for people */
  readonly tenant: string
  readonly agent: string
  readonly agentId: AgentId
  /** private; the spool has a folder of its own in it */
  readonly stateDir: string
  /** what sessions have seen, for those of this device */
  readonly sessions: SessionStore
  /** null until the control plane named this device */
  readonly node: () => NodeId | null
  /** for whom this device acts now, and by what; a Refusal where nobody can say. Answers at once. */
  readonly identify: () => Promise<Acting | Refusal>
  /** the bundle at hand, however old; null: there never was one */
  readonly current: () => CurrentBundle | null
  /** under the lists of that bundle */
  readonly packages: () => PackageKnowledge
  readonly session: () => SessionId | null
  /** Somebody begins to work, and nobody else does: what this device does from now on is a session of its own. */
  readonly begin: () => void
  readonly approvals: ApprovalDesk
  readonly contentKeys: ContentKeySource
  readonly sessionEnder: SessionEnder
  /** the gateway behind a connection, signed for under this device's session; null: this device signs for nobody */
  readonly upstream: ((connection: string | undefined) => Upstream) | null
  /** why less is answered than should be; null: all is well */
  readonly trouble: () => string | null
  /** since the control plane last vouched for the bundle; null: never, or there is none to */
  readonly silentMs: () => number | null
  /** everything that goes on beside the asking, until the signal aborts */
  readonly run: (spool: Spool, signal: AbortSignal) => Promise<void>
  readonly close: () => Promise<void>
}
