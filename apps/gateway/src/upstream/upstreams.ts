import type { UpstreamClient } from '@writ/enforcement'
import type { ControlPlaneClient, ReportProblem } from '@writ/point'
import { bindHandles } from './bound-handles.ts'
import { createHandleSeal } from './handle-seal.ts'
import { createResolve } from '@writ/runtime'
import { createSessionSeal } from './session-seal.ts'
import type { UpstreamLimits } from './upstream-client.ts'
import { createUpstreamClient } from './upstream-client.ts'
import type { UpstreamGate, UpstreamOutcome } from './upstream-gate.ts'
import { createUpstreamNews } from './upstream-news.ts'

export type UpstreamMeans = {
  readonly upstream: UpstreamLimits
  readonly joinSecret: string
  readonly build: string
  readonly client: Pick<ControlPlaneClient, 'reportUpstream'>
  readonly nowMs: () => number
  readonly monotonicMs: () => number
  readonly report: ReportProblem
}

export type UpstreamFigures = ReturnType<UpstreamGate['figures']> & {
  /** calls since the start, by how they ended */
  readonly outcomes: Readonly<Record<UpstreamOutcome, number>>
}

export type Upstreams = {
  readonly client: UpstreamClient
  readonly figures: () => UpstreamFigures
  /** tells the control plane how upstreams fare, until the signal aborts */
  readonly run: (signal: AbortSignal) => Promise<void>
  readonly close: () => Promise<void>
}

/** The way to upstreams, with everybody who hears how they fare. */
export function openUpstreams(means: UpstreamMeans): Upstreams {
  const outcomes = { answered: 0, failed: 0, refused: 0, broken: 0, busy: 0, gone: 0 }
  const news = createUpstreamNews({ ...means, reportUpstream: means.client.reportUpstream })
  const client = createUpstreamClient(means.upstream, {
    seal: createSessionSeal(means.joinSecret),
    build: means.build,
    monotonicMs: means.monotonicMs,
    resolve: createResolve(),
    hear: news.hear,
    ended: (outcome) => void (outcomes[outcome] += 1),
  })
  return {
    client: bindHandles(client, createHandleSeal(means.joinSecret)),
    figures: () => ({ ...client.figures(), outcomes: { ...outcomes } }),
    run: news.run,
    close: client.close,
  }
}
