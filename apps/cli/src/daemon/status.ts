import type { CurrentBundle } from '@writ/enforcement'
import type { Conversations } from './conversations.ts'
import type { DaemonStatus } from './daemon.ts'
import type { Point } from './point.ts'
import type { Records } from './records.ts'
import { hasRoom } from './records.ts'
import type { SigningProxy } from './signing-proxy.ts'
import type { Doors } from './sockets/doors.ts'

/** The parts of a daemon that can say how it is. */
export type DaemonParts = {
  readonly point: Point
  readonly records: Records
  readonly conversations: Conversations
  /** null where nothing is signed for */
  readonly proxy: SigningProxy | null
}

export function statusOf(parts: DaemonParts, doors: Doors | null): DaemonStatus {
  const { point, records, conversations, proxy } = parts
  return {
    source: point.kind,
    tenant: point.tenant,
    agent: point.agent,
    agentId: point.agentId,
    ...bundleOf(point.current()),
    isReady: isReady(parts),
    trouble: troubleOf(parts) ?? doors?.trouble() ?? null,
    silentSeconds: secondsOf(point.silentMs()),
    session: point.session(),
    conversations: conversations.count(),
    recordsKept: records.spool.depth,
    proxyUrl: proxy?.url ?? null,
    recordsFolder: records.folder,
    pid: process.pid,
  }
}

const bundleOf = (current: CurrentBundle | null): Pick<DaemonStatus, 'mode' | 'bundleVersion'> =>
  current === null
    ? { mode: null, bundleVersion: null }
    : { mode: current.bundle.hooks.mode, bundleVersion: current.bundle.version }

const secondsOf = (ms: number | null): number | null => (ms === null ? null : Math.round(ms / 1000))

type Vitals = Pick<DaemonParts, 'point' | 'records'>

/** Decisions can be made, and recorded. */
export const isReady = ({ point, records }: Vitals): boolean =>
  point.node() !== null &&
  point.session() !== null &&
  point.current()?.isFresh() === true &&
  hasRoom(records.spool)

const troubleOf = ({ point, records }: Vitals): string | null =>
  point.trouble() ?? (hasRoom(records.spool) ? null : 'there is no room for records')
