import type { StreamBatch } from '@writ/contracts'
import type { RecordWorkerReport } from '@writ/redis'
import type { Log, Metrics } from '@writ/runtime'
import type { Taken } from './ingest.ts'

/** What operators see of the intake: counts, and a line for what is not ordinary. Never content of a record. */
export class Telling {
  readonly #log: Log
  readonly #batches
  readonly #records
  readonly #troubles

  constructor(log: Log, metrics: Metrics) {
    this.#log = log
    this.#batches = metrics.counter({
      name: 'writ_worker_batches_total',
      help: 'Batches taken from the queue, by what became of them',
      labels: ['outcome'],
    })
    this.#records = metrics.counter({
      name: 'writ_worker_records_total',
      help: 'Records appended to the ledger',
    })
    this.#troubles = metrics.counter({
      name: 'writ_worker_troubles_total',
      help: 'Batches to be tried again, and lost connections of the queue',
      labels: ['kind'],
    })
  }

  taken(batch: StreamBatch, taken: Taken): void {
    this.#batches.inc({ outcome: taken.outcome })
    const { stream, fromSeq } = batch
    if (taken.outcome === 'ingested') this.#records.inc(taken.ingested)
    if (taken.outcome === 'gap')
      this.#log.debug({ stream, fromSeq, nextSeq: taken.nextSeq }, 'a batch came before its predecessors')
    if (taken.outcome === 'quarantined')
      this.#log.error(
        { stream, fromSeq, reason: taken.reason, detail: taken.detail },
        'a batch is in quarantine',
      )
  }

  queueSaid(said: RecordWorkerReport): void {
    if (said.kind === 'quarantined') {
      this.#batches.inc({ outcome: 'malformed' })
      this.#log.error(
        { jobId: said.jobId, reason: said.reason },
        'a malformed batch was put aside by the queue',
      )
      return
    }
    this.#troubles.inc({ kind: said.kind })
    this.#log.warn(
      { ...said },
      said.kind === 'retrying' ? 'a batch will be tried again' : 'the queue is in trouble',
    )
  }
}
