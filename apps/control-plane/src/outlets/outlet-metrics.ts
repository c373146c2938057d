import type { OutletFailureCode } from '@writ/contracts'
import type { OutletQueries } from '@writ/postgres'
import type { Metrics } from '@writ/runtime'

/** What operators see of outlets. Labels are closed sets: a kind, a code, a state; never a tenant or a receiver. */
export abstract class OutletMetrics {
  abstract delivered(kind: string, records: number): void
  abstract deadLetter(kind: string): void
  abstract failed(kind: string, code: OutletFailureCode): void
  /** how they stand now, asked of Postgres */
  abstract look(): Promise<void>
}

export function createOutletMetrics(metrics: Metrics, queries: OutletQueries): OutletMetrics {
  const delivered = metrics.counter<'kind'>({
    name: 'writ_outlet_records_total',
    help: 'records that receivers took from this control plane',
    labels: ['kind'],
  })
  const deadLetters = metrics.counter<'kind'>({
    name: 'writ_outlet_dead_letters_total',
    help: 'records that outlets of this control plane left behind',
    labels: ['kind'],
  })
  const failures = metrics.counter<'kind' | 'code'>({
    name: 'writ_outlet_failures_total',
    help: 'deliveries that failed',
    labels: ['kind', 'code'],
  })
  const gauge = (name: string, help: string) =>
    metrics.gauge<'kind' | 'state'>({ name, help, labels: ['kind', 'state'] })
  const outlets = gauge('writ_outlets', 'outlets of all tenants')
  const waiting = gauge('writ_outlet_records_waiting', 'records that outlets have not delivered yet')
  const left = gauge('writ_outlet_dead_letters', 'records that outlets left behind and nobody tried again')
  return {
    delivered: (kind, records) => delivered.inc({ kind }, records),
    deadLetter: (kind) => deadLetters.inc({ kind }),
    failed: (kind, code) => failures.inc({ kind, code }),
    look: async () => {
      const standing = await queries.standing()
      for (const one of [outlets, waiting, left]) one.reset()
      for (const { kind, state, ...counts } of standing) {
        outlets.set({ kind, state }, counts.outlets)
        waiting.set({ kind, state }, counts.lag)
        left.set({ kind, state }, counts.deadLetters)
      }
    },
  }
}

/** The same metrics, looked at anew whenever somebody reads them. */
export const watched = (metrics: Metrics, outlets: OutletMetrics): Metrics => ({
  ...metrics,
  exposition: async () => {
    await outlets.look()
    return metrics.exposition()
  },
})
