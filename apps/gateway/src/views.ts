import type { AnyEntry, Ledger } from '@writ/enforcement'
import type { Refusal } from '@writ/contracts'
import { outcomeOf } from '@writ/point'
import type { LineLog, Metrics } from '@writ/runtime'
import type { Tracing } from './tracing/tracing.ts'

/** Where the lines of messages go, and those of what was refused before it was one. */
export type ViewLogs = { readonly message: LineLog; readonly rim: LineLog }

/** Log line and figures of each message, made from the entry that its record is made from. Never content. */
export type Views = {
  readonly closed: (entry: AnyEntry, durationMicros: number) => void
  readonly refusedAtRim: (refusal: Refusal, decisionId: string) => void
}

export function createViews(log: ViewLogs, metrics: Metrics): Views {
  const calls = metrics.counter({
    name: 'writ_calls_total',
    help: 'Messages by how they ended.',
    labels: ['outcome'],
  })
  const refusals = metrics.counter({
    name: 'writ_refusals_total',
    help: 'Refusals by their code.',
    labels: ['code'],
  })
  const durations = metrics.histogram({
    name: 'writ_call_duration_seconds',
    help: 'From the first byte read to the closed record.',
    labels: ['outcome'],
  })
  return {
    closed: (entry, durationMicros) => {
      const outcome = outcomeOf(entry.refusal?.code)
      calls.inc({ outcome })
      durations.observe({ outcome }, durationMicros / 1e6)
      if (entry.refusal) refusals.inc({ code: entry.refusal.code })
      log.message(lineOf(entry, outcome, durationMicros))
    },
    refusedAtRim: ({ code }, decision) => {
      calls.inc({ outcome: outcomeOf(code) })
      refusals.inc({ code })
      log.rim({ decision, refusal: code, outcome: outcomeOf(code) })
    },
  }
}

/** The same views, and the spans of traces beside them. */
export const withSpans = (views: Views, { closed }: Pick<Tracing, 'closed'>): Views => ({
  ...views,
  closed: (entry, durationMicros) => {
    views.closed(entry, durationMicros)
    closed(entry)
  },
})

type Line = Record<string, string | number | undefined>

/** Set one by one: it is written for every message. */
function lineOf(entry: AnyEntry, outcome: string, durationMicros: number): Line {
  const line: Line = { decision: entry.received.decisionId }
  tellWho(entry, line)
  line['connection'] = entry.connection?.id ?? undefined
  line['method'] = entry.message?.method?.slice(0, 100)
  line['class'] = entry.action?.class
  line['refusal'] = entry.refusal?.code
  line['status'] = entry.response?.status
  line['outcome'] = outcome
  line['durationMicros'] = durationMicros
  return line
}

function tellWho({ current, caller }: AnyEntry, line: Line): void {
  if (current) {
    line['tenant'] = current.bundle.tenant.id
    line['bundle'] = current.bundle.version
  }
  if (!caller) return
  line['human'] = caller.human.id
  line['agent'] = caller.agent.id
  line['session'] = caller.session
}

/** A ledger that is looked at: the views hear of each entry once, after its record is on disk or could not be. */
export function watchedLedger(ledger: Ledger, views: Views, monotonicMicros: () => number): Ledger {
  return {
    open: ledger.open,
    close: async (entry) => {
      if (entry.closed) return ledger.close(entry)
      const unrecorded = await ledger.close(entry)
      if (unrecorded) entry.refusal = unrecorded
      views.closed(entry, Math.round(monotonicMicros() - entry.startedAtMicros))
      return unrecorded
    },
  }
}
