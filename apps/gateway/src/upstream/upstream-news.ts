import type { UpstreamReport } from '@writ/contracts'
import { ControlPlaneAway, pause } from '@writ/point'
import type { ReportProblem } from '@writ/point'
import type { UpstreamNews } from './upstream-gate.ts'
import type { PoolKey } from './upstream-pools.ts'
import { namesOf } from './upstream-pools.ts'

export type NewsPorts = {
  readonly reportUpstream: (report: UpstreamReport) => Promise<void>
  readonly nowMs: () => number
  readonly report: ReportProblem
}

/** Upstreams of which something was told or waits to be: what is forgotten is told again. */
const MOST_TOLD = 10_000
const MOST_WAITING = 10_000
const AGAIN_MS = 1000
const LONGEST_DETAIL = 200

type Word = { readonly words: string; readonly report: UpstreamReport }

/** Tells the control plane how this gateway fares with each upstream, when that changes: of many changes within a second the last one. */
export function createUpstreamNews({ reportUpstream, nowMs, report }: NewsPorts): {
  readonly hear: (news: UpstreamNews) => void
  readonly run: (signal: AbortSignal) => Promise<void>
} {
  const told = new Map<string, string>()
  const waiting = new Map<string, Word>()
  return {
    hear: (news) => {
      const name = namesOf(news.key).upstream
      const words = wordsOf(news)
      if (told.get(name) === words) waiting.delete(name)
      else if (waiting.size < MOST_WAITING || waiting.has(name))
        waiting.set(name, { words, report: reportOf(news, nowMs()) })
    },
    run: async (signal) => {
      for (; !signal.aborted; await pause(AGAIN_MS, signal)) await tellAll()
    },
  }

  async function tellAll(): Promise<void> {
    for (const [name, said] of waiting) {
      try {
        await reportUpstream(said.report)
      } catch (error) {
        report('how an upstream fares could not be reported', error)
        // A report that is refused will be refused again; one that did not arrive is tried again.
        if (!isRefused(error)) return
      }
      remember(name, said)
    }
  }

  /** What was heard meanwhile stays. */
  function remember(name: string, said: Word): void {
    if (waiting.get(name) === said) waiting.delete(name)
    told.delete(name)
    told.set(name, said.words)
    if (told.size <= MOST_TOLD) return
    for (const oldest of told.keys()) return void told.delete(oldest)
  }
}

/** Of an upstream that was changed everything is told anew. */
function wordsOf({ key, state, refusal }: UpstreamNews): string {
  if (refusal !== null || state !== 'working') return saidOf(key, state, refusal?.code ?? '')
  const known = working.get(key) ?? saidOf(key, state, '')
  working.set(key, known)
  return known
}

const saidOf = (key: PoolKey, state: string, code: string): string =>
  `${state} ${code} ${namesOf(key).version}`

/** What is said after nearly every call. */
const working = new WeakMap<PoolKey, string>()

const reportOf = ({ key, state, refusal }: UpstreamNews, atMs: number): UpstreamReport => ({
  tenant: key.slug,
  connection: key.connection,
  credentialVersion: key.credentialVersion,
  state,
  failure: refusal && { code: refusal.code, detail: refusal.detail.slice(0, LONGEST_DETAIL) },
  atMs,
})

const isRefused = (error: unknown): boolean =>
  error instanceof ControlPlaneAway && error.status !== null && error.status >= 400 && error.status < 500
