import { setTimeout as delay } from 'node:timers/promises'
import { StreamBatch } from '@writ/contracts'
import { UnrecoverableError } from 'bullmq'
import type { OpenWorker, RecordStore, WorkerDuties } from './record-store.ts'
import { openWorker } from './record-store.ts'

/** Thrown by `process` for a batch that can never be taken: it is put aside and the queue goes on. */
export class BatchRejected extends Error {
  override readonly name = 'BatchRejected'
}

/** What a worker has to say; never content of a batch. `quarantined`: put aside for good. */
export type RecordWorkerReport =
  | { readonly kind: 'quarantined'; readonly jobId: string; readonly reason: string }
  | { readonly kind: 'retrying'; readonly jobId: string; readonly reason: string }
  | { readonly kind: 'trouble'; readonly reason: string }

export type RecordWorker = {
  /** Finishes the batch at hand, then stops; with the store away it gives up after ten seconds, and the batch comes again. */
  readonly close: () => Promise<void>
}

/** Forever, in practice: a batch is given up only when it is put aside. */
const MANY = 1_000_000
const LONGEST_BACKOFF_MS = 30_000
const REOPEN_MS = 1_000
const CLOSE_TIMEOUT_MS = 8_000

/**
 * Takes batches one at a time and hands each to `process`; when that rejects, the batch is tried again, later and later.
 * Batches may come twice and out of order, so `process` goes by their sequence numbers.
 */
export function createRecordWorker(
  store: RecordStore,
  process: (batch: StreamBatch) => Promise<void>,
  report: (said: RecordWorkerReport) => void = () => undefined,
): RecordWorker {
  const stopping = new AbortController()
  let current: OpenWorker | null = null
  const duties = dutiesOf(process, report)
  const keepRunning = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        current = await openWorker(store, duties)
        if (!stopping.signal.aborted) await current.run()
      } catch (error) {
        duties.onError(error instanceof Error ? error : new Error(String(error)))
      }
      await current?.close().catch(() => undefined)
      current = null
      await delay(REOPEN_MS, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }
  const running = keepRunning()
  return {
    close: async () => {
      stopping.abort()
      const stopped = Promise.allSettled([current?.close(), running])
      await Promise.race([stopped, delay(CLOSE_TIMEOUT_MS, undefined, { ref: false })])
    },
  }
}

function dutiesOf(
  process: (batch: StreamBatch) => Promise<void>,
  report: (said: RecordWorkerReport) => void,
): WorkerDuties {
  return {
    process: (job) => processJob(job.data, process),
    settings: {
      concurrency: 1,
      lockDuration: 10_000,
      stalledInterval: 5_000,
      runRetryDelay: 1_000,
      maxStalledCount: MANY,
      settings: {
        backoffStrategy: (attempt) => Math.min(LONGEST_BACKOFF_MS, 250 * 2 ** Math.min(attempt - 1, 10)),
      },
    },
    onFailed: (jobId, error) => {
      const kind = error instanceof UnrecoverableError ? 'quarantined' : 'retrying'
      report({ kind, jobId, reason: error.message })
    },
    onError: (error) => report({ kind: 'trouble', reason: error.message }),
  }
}

async function processJob(payload: unknown, process: (batch: StreamBatch) => Promise<void>): Promise<void> {
  const batch = StreamBatch.safeParse(payload)
  if (!batch.success) {
    const places = batch.error.issues.map((issue) => issue.path.map(String).join('.') || 'its root')
    throw new UnrecoverableError(`the batch is malformed at ${places.slice(0, 5).join(', ')}`)
  }
  try {
    await process(batch.data)
  } catch (error) {
    if (error instanceof BatchRejected) throw new UnrecoverableError(error.message)
    throw error
  }
}
