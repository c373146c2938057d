import type { StreamBatch } from '@writ/contracts'
import type { RecordWorkerReport } from '@writ/redis'
import type { Log, Metrics } from '@writ/runtime'
import type { Taken } from './ingest.ts'

const AGAIN_MS = 60_000

/** What operators see of the intake: counts, and a line for what is not ordinary. Never content of a record. */
export class Telling {
  readonly #log: Log
  readonly #batches
  readonly #records
  readonly #troubles
  readonly #nowMs
  readonly #saidAtMs = new Map<string, number>()

  constructor(log: Log, metrics: Metrics, nowMs: () => number) {
    this.#log = log
    this.#nowMs = nowMs
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
    if (this.#isNews(`${said.kind} ${said.reason}`))
      this.#log.warn(
        { ...said },
        said.kind === 'retrying' ? 'a batch will be tried again' : 'the queue is in trouble',
      )
  }

  // A server that is away is one line a minute and not thousands.
  #isNews(trouble: string): boolean {
    const nowMs = this.#nowMs()
    const said = this.#saidAtMs.get(trouble)
    if (said !== undefined && nowMs - said < AGAIN_MS) return false
    for (const [other, atMs] of this.#saidAtMs) if (nowMs - atMs >= AGAIN_MS) this.#saidAtMs.delete(other)
    this.#saidAtMs.set(trouble, nowMs)
    return true
  }
}
