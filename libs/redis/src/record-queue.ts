import { randomUUID } from 'node:crypto'
import type { StreamBatch } from '@writ/contracts'
import type { OpenQueue, RecordStore } from './record-store.ts'
import { openQueue } from './record-store.ts'

/**
 * Transport of batches from enforcement points to the ledger. An acknowledgement says that a batch is under way, not
 * that it is stored: only the ledger's watermark says that.
 */
export type RecordQueue = {
  /** Rejects with `QueueUnavailable` within about two seconds when the store does not answer. */
  readonly add: (batch: StreamBatch) => Promise<void>
  /** Batches that are waiting, being processed or about to be tried again. */
  readonly depth: () => Promise<number>
  readonly close: () => Promise<void>
}

/** The queue did not take the batch; whoever holds it sends it again, later or another way. */
export class QueueUnavailable extends Error {
  override readonly name = 'QueueUnavailable'
}

const DEADLINE_MS = 2_500

/** Opens nothing yet: the first call does, so a store that is away does not stop a start. */
export function createRecordQueue(store: RecordStore): RecordQueue {
  let opening: Promise<OpenQueue> | null = null
  const opened = async (): Promise<OpenQueue> => {
    opening ??= openQueue(store)
    try {
      return await opening
    } catch (error) {
      opening = null
      throw error
    }
  }
  return {
    add: (batch) =>
      inTime(
        opened()
          .then((queue) => queue.add('batch', batch, jobOf(batch)))
          .then(() => undefined),
      ),
    depth: () => inTime(opened().then((queue) => queue.getJobCountByTypes('waiting', 'active', 'delayed'))),
    close: async () => {
      const queue = await opening?.catch(() => null)
      opening = null
      await queue?.close()
    },
  }
}

/**
 * A batch that is sent again while it is still in the queue is not queued twice (its signature names it), so a ledger
 * that is away for hours does not fill the store. Failed batches are kept to look at, but not without end.
 */
const jobOf = (batch: StreamBatch) => ({
  // Not the signature: a failed job keeps its id, and would then keep out every later attempt to send the batch. And an id
  // of our own spares the Postgres backend a sequence, which the roles at run time may not create.
  jobId: randomUUID(),
  attempts: 1_000_000,
  backoff: { type: 'capped' },
  deduplication: { id: batch.signature },
  removeOnComplete: true,
  removeOnFail: { count: 1_000 },
  stackTraceLimit: 1,
})

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), DEADLINE_MS)
  })
  try {
    return await Promise.race([work, late])
  } catch (error) {
    throw new QueueUnavailable('the queue of records does not answer', { cause: error })
  } finally {
    clearTimeout(timer)
  }
}
