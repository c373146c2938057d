import { setMaxListeners } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { StreamBatch } from '@writ/contracts'
import type { Job } from 'bullmq'
import { UnrecoverableError } from 'bullmq'
import { unpackBatch } from './record-packing.ts'
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

/** What became of a batch before. */
export type Trouble = {
  /** how often it was begun and never ended: its worker died with it, or lost it */
  readonly unended: number
  /** how often in a row taking it has failed in this worker */
  readonly failed: number
  /** what `keepNote` was last given for it, by whichever worker; undefined: nothing */
  readonly note: unknown
  /** survives this worker; settles when it does */
  readonly keepNote: (note: object) => Promise<void>
}

/** Takes one batch. It may come twice, and out of order. */
export type TakeBatch = (batch: StreamBatch, trouble: Trouble) => Promise<void>

export type RecordWorker = {
  /** Drops all connections and makes new ones. */
  readonly rebuild: () => Promise<void>
  /** Finishes the batch at hand, then stops; with the store away it gives up after ten seconds, and the batch comes again. */
  readonly close: () => Promise<void>
}

/** Forever, in practice: a batch is given up only when it is put aside. */
const MANY = 1_000_000
const LONGEST_BACKOFF_MS = 5_000
const REOPEN_MS = 1_000
const CLOSE_TIMEOUT_MS = 8_000

/**
 * Takes the batches of each queue one at a time and hands each to `take`; when that rejects, the same batch is tried again, later and later,
 * and those behind it wait: their streams would not go on without it.
 */
export function createRecordWorker(
  store: RecordStore,
  take: TakeBatch,
  report: (said: RecordWorkerReport) => void = () => undefined,
): RecordWorker {
  const stopping = new AbortController()
  // each queue may wait on it
  setMaxListeners(0, stopping.signal)
  let current: OpenWorker | null = null
  const duties = dutiesOf(take, report, stopping.signal)
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
    // `run` ends with it, and the loop opens a new one.
    rebuild: async () => {
      await Promise.race([current?.close(), delay(CLOSE_TIMEOUT_MS, undefined, { ref: false })])
    },
    close: async () => {
      stopping.abort()
      const stopped = Promise.allSettled([current?.close(), running])
      await Promise.race([stopped, delay(CLOSE_TIMEOUT_MS, undefined, { ref: false })])
    },
  }
}

function dutiesOf(
  take: TakeBatch,
  report: (said: RecordWorkerReport) => void,
  stopping: AbortSignal,
): WorkerDuties {
  return {
    process: (job) => processJob(job, { take, report, stopping }),
    settings: {
      concurrency: 1,
      lockDuration: 8_000,
      stalledInterval: 2_000,
      runRetryDelay: 1_000,
      maxStalledCount: MANY,
      settings: { backoffStrategy: backoffMs },
    },
    onFailed: (jobId, error) => {
      const kind = error instanceof UnrecoverableError ? 'quarantined' : 'retrying'
      report({ kind, jobId, reason: error.message })
    },
    onError: (error) => report({ kind: 'trouble', reason: error.message }),
  }
}

const backoffMs = (attempt: number): number =>
  Math.min(LONGEST_BACKOFF_MS, 250 * 2 ** Math.min(attempt - 1, 10))

type Taking = {
  readonly take: TakeBatch
  readonly report: (said: RecordWorkerReport) => void
  readonly stopping: AbortSignal
}

async function processJob(job: Job<unknown>, taking: Taking): Promise<void> {
  const batch = unpackBatch(job.data)
  if (!('records' in batch))
    throw new UnrecoverableError(`the batch is malformed at ${batch.slice(0, 5).join(', ')}`)
  for (let failed = 0; ; failed += 1) if (await isTaken(job, batch, { ...taking, failed })) return
}

/** @throws when it never can be, or this worker ends: the batch is then tried again by another */
async function isTaken(
  job: Job<unknown>,
  batch: StreamBatch,
  { take, report, stopping, failed }: Taking & { readonly failed: number },
): Promise<boolean> {
  try {
    await take(batch, troubleOf(job, failed))
    return true
  } catch (error) {
    if (error instanceof BatchRejected) throw new UnrecoverableError(error.message)
    if (stopping.aborted) throw error
    report({
      kind: 'retrying',
      jobId: job.id ?? 'unknown',
      reason: String(error instanceof Error ? error.message : error),
    })
    await delay(backoffMs(failed + 1), undefined, { signal: stopping }).catch(() => undefined)
    return false
  }
}

const troubleOf = (job: Job<unknown>, failed: number): Trouble => ({
  unended: job.stalledCounter,
  failed,
  note: typeof job.progress === 'object' ? job.progress : undefined,
  keepNote: (note) => job.updateProgress(note),
})
