import { join } from 'node:path'
import type { DecidePorts } from '@writ/enforcement'
import { createApprovalDesk, createContentKeys, createSessionEnder, openFileSessionStore } from '@writ/point'
import type { ControlPlaneClient, NodeKeys, ReportProblem } from '@writ/point'
import type { RedisLink } from '@writ/redis'
import { createRedisSessionStore } from '@writ/redis'
import { turn } from '../turn.ts'
import { createSeenDefinitions } from './seen-definitions.ts'

export type GoverningMeans = {
  readonly stateDir: string
  readonly client: ControlPlaneClient
  readonly keys: NodeKeys
  /** null in single-node mode: sessions are then kept in files */
  readonly redis: RedisLink | null
  readonly nowMs: () => number
  readonly report: ReportProblem
}

export type Governing = {
  readonly ports: Omit<DecidePorts, 'nowMs'>
  /** what goes on beside the calls, until the signal aborts */
  readonly run: (signal: AbortSignal) => Promise<void>
}

/** What decisions need beyond the bundle: sessions, approvals, the keys of content, the definitions of tools. */
export async function openGoverning(means: GoverningMeans): Promise<Governing> {
  const { client, keys, redis, report } = means
  const sessionEnder = createSessionEnder({ endSession: client.endSession, report })
  const seen = createSeenDefinitions({ reportCatalogue: client.reportCatalogue, report })
  return {
    ports: {
      sessions: redis
        ? createRedisSessionStore(redis)
        : await openFileSessionStore(join(means.stateDir, 'sessions'), means.nowMs),
      approvals: createApprovalDesk(client.claimApproval, report),
      contentKeys: createContentKeys({ fetch: client.contentKey, leaseKey: keys.leaseKey, report }),
      sessionEnder,
      seen,
      turn,
    },
    run: async (signal) => {
      await Promise.all([sessionEnder.run(signal), seen.run(signal)])
    },
  }
}
