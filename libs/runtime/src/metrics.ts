import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

/** What an instrument is called and which labels it carries. Labels are closed sets: never a tenant, agent or session. */
export interface Instrument<Label extends string> {
  readonly name: string
  readonly help: string
  readonly labels?: readonly Label[]
}

export interface Timing<Label extends string> extends Instrument<Label> {
  readonly bucketsSeconds?: readonly number[]
}

/** The metrics of one process; each call makes a new instrument and a name can be taken only once. */
export interface Metrics {
  readonly registry: Registry
  counter<Label extends string = never>(instrument: Instrument<Label>): Counter<Label>
  gauge<Label extends string = never>(instrument: Instrument<Label>): Gauge<Label>
  histogram<Label extends string = never>(timing: Timing<Label>): Histogram<Label>
  /** Everything in the Prometheus text format. */
  exposition(): Promise<string>
}

/** A registry of its own, with the process's memory, CPU and event-loop figures in it. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  return {
    registry,
    counter: (instrument) => new Counter(settings(instrument, registry)),
    gauge: (instrument) => new Gauge(settings(instrument, registry)),
    histogram: (timing) =>
      new Histogram({
        ...settings(timing, registry),
        buckets: [...(timing.bucketsSeconds ?? BUCKETS_SECONDS)],
      }),
    exposition: () => registry.metrics(),
  }
}

function settings<Label extends string>({ name, help, labels = [] }: Instrument<Label>, registry: Registry) {
  return { name, help, labelNames: labels, registers: [registry] }
}

const BUCKETS_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
