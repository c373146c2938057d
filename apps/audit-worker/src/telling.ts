import type { StreamBatch } from '@writ/contracts'
import type { Brake, QueueSample, RecordWorkerReport } from '@writ/redis'
import type { Log, Metrics } from '@writ/runtime'
import type { Taken } from './ingest.ts'

const AGAIN_MS = 60_000

/** What operators see of the intake: counts, and a line for what is not ordinary. Never content of a record. */
export class Telling {
  readonly #log: Log
  readonly #batches
  readonly #records
  readonly #troubles
  readonly #isolated
  readonly #depth
  readonly #memory
  readonly #braked
  #brake: Brake | null = null
  #endedBatches = 0
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
    this.#isolated = metrics.counter({
      name: 'writ_worker_isolated_total',
      help: 'Records that were kept without being read, because they ended or failed the intake again and again',
    })
    this.#depth = metrics.gauge({ name: 'writ_worker_queue_depth', help: 'Batches under way in the queues' })
    this.#memory = metrics.gauge({
      name: 'writ_worker_queue_memory_share',
      help: 'Memory of the Redis of the queues, of what it may use; 0 where it has no bound',
    })
    this.#braked = metrics.gauge({
      name: 'writ_worker_braked',
      help: '1 while gateways are told to add nothing',
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
    this.#endedBatches += 1
    if (taken.outcome === 'ingested') this.#ingested(batch, taken)
    if (taken.outcome === 'gap')
      this.#log.debug({ stream, fromSeq, nextSeq: taken.nextSeq }, 'a batch came before its predecessors')
    if (taken.outcome === 'quarantined')
      this.#log.error(
        { stream, fromSeq, reason: taken.reason, detail: taken.detail },
        'a batch is in quarantine',
      )
  }

  /** Batches that came to an end, since the start. */
  get endedBatches(): number {
    return this.#endedBatches
  }

  /** How full the queues are, and what gateways were told of that. */
  sampled({ depth, memoryShare }: QueueSample, brake: Brake | null): void {
    this.#depth.set(depth)
    this.#memory.set(memoryShare ?? 0)
    this.#braked.set(brake === null ? 0 : 1)
    if (brake !== this.#brake)
      this.#log.warn(
        { depth, memoryShare, brake },
        brake === null ? 'gateways may add again' : 'gateways add nothing',
      )
    this.#brake = brake
  }

  stuck(depth: number, what: 'rebuilding' | 'giving up'): void {
    this.#troubles.inc({ kind: 'stuck' })
    this.#log.error({ depth }, `batches wait and none comes to an end: ${what}`)
  }

  #ingested(
    { stream, fromSeq }: StreamBatch,
    { ingested, isolated }: Extract<Taken, { outcome: 'ingested' }>,
  ): void {
    this.#records.inc(ingested)
    if (isolated === 0) return
    this.#isolated.inc(isolated)
    this.#log.error({ stream, fromSeq, isolated }, 'records were kept unread: they are in quarantine, too')
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
