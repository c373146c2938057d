import type { SessionState } from '@writ/contracts'
import { Refusal } from '@writ/contracts'
import { createScrubbers } from '@writ/credentials'
import { createSteps } from '@writ/enforcement'
import type {
  AnyEntry,
  Brakes,
  CurrentBundle,
  Ledger,
  SessionStore,
  Steps,
  UpstreamClient,
} from '@writ/enforcement'
import { createMemoryReplayGuard } from '@writ/identity'
import { pause } from '@writ/point'
import { createSeenDefinitions } from '../policy/seen-definitions.ts'

type StepsOf = {
  readonly current: CurrentBundle
  readonly upstream: UpstreamClient
  readonly brakes: Brakes
  readonly origin: string
  readonly report: (bug: unknown) => void
}

/** Real steps, with memories in place of what other processes keep. */
export function stepsOf({ current, upstream, brakes, origin, report }: StepsOf): Steps {
  return createSteps({
    bundles: { current: async (slug) => (slug === 'acme' ? current : new Refusal('tenant_unknown')) },
    replay: createMemoryReplayGuard(Date.now),
    noncesFor: (_, required) => ({ check: () => 'invalid', required, current: () => '' }),
    brakes,
    isReplayShared: () => true,
    pause,
    origin,
    broker: { lease: async () => ({ kind: 'none' }) },
    upstream,
    scrubberOf: createScrubbers(),
    nowMs: Date.now,
    sessions: memorySessions(),
    contentKeys: { keyOf: async () => new Uint8Array(32).fill(5) },
    approvals: { claim: async () => null },
    sessionEnder: { end: () => undefined },
    seen: createSeenDefinitions({ reportCatalogue: async () => undefined, report: () => undefined }),
    turn: async () => undefined,
    requestLimits: { maxBytes: 1_000_000, maxDepth: 64 },
    answerLimits: { maxBytes: 8_000_000, maxDepth: 64 },
    report,
  })
}

export function memoryLedger(closed: AnyEntry[]): Ledger {
  return {
    open: async (entry) => {
      entry.opened = true
      return null
    },
    close: async (entry) => {
      if (entry.closed) return null
      entry.closed = true
      closed.push(entry)
      return null
    },
  }
}

function memorySessions(): SessionStore {
  const states = new Map<string, SessionState>()
  return {
    read: async ({ session }) => states.get(session) ?? null,
    replace: async ({ session }, from, next) => {
      if ((states.get(session)?.version ?? null) !== from) return false
      states.set(session, next)
      return true
    },
  }
}
