import type { AnyEntry, Ledger } from '@writ/enforcement'
import type { Refusal } from '@writ/contracts'
import { outcomeOf } from '@writ/point'
import type { Log, Metrics } from '@writ/runtime'

/** Log line and figures of each message, made from the entry that its record is made from. Never content. */
export type Views = {
  readonly closed: (entry: AnyEntry, durationMicros: number) => void
  readonly refusedAtRim: (refusal: Refusal, decisionId: string) => void
}

export function createViews(log: Log, metrics: Metrics): Views {
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
      log.info({ ...lineOf(entry), outcome, durationMicros }, 'message')
    },
    refusedAtRim: ({ code }, decision) => {
      calls.inc({ outcome: outcomeOf(code) })
      refusals.inc({ code })
      log.info({ decision, refusal: code, outcome: outcomeOf(code) }, 'refused at the rim')
    },
  }
}

function lineOf({ received, current, caller, connection, message, action, refusal, response }: AnyEntry) {
  return {
    decision: received.decisionId,
    ...(current && { tenant: current.bundle.tenant.id, bundle: current.bundle.version }),
    ...(caller && { human: caller.human.id, agent: caller.agent.id, session: caller.session }),
    ...(connection && { connection: connection.id }),
    ...(message && { method: message.method?.slice(0, 100) }),
    ...(action && { class: action.class }),
    ...(refusal && { refusal: refusal.code }),
    ...(response && { status: response.status }),
  }
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
