import { randomUUID } from 'node:crypto'
import { BATCH_LIMITS } from '@writ/audit'
import type { StreamBatch } from '@writ/contracts'
import type { BrakeLimits, QueueSample } from './record-brake.ts'
import { BRAKE_LIMITS } from './record-brake.ts'
import { packBatch } from './record-packing.ts'
import { shardOf } from './record-shards.ts'
import type { OpenQueue, RecordStore } from './record-store.ts'
import { openQueue } from './record-store.ts'

/**
 * Transport of batches from enforcement points to the ledger. An acknowledgement says that a batch is under way, not
 * that it is stored: only the ledger's watermark says that.
 */
export type RecordQueue = {
  /**
   * `braked`: enough is under way, and the batch is to come again later. Rejects with `QueueUnavailable` within about two seconds when the
   * store does not answer, and at once when it has hardly any memory left.
   */
  readonly add: (batch: StreamBatch) => Promise<'queued' | 'braked'>
  /** Batches that are waiting, being processed or about to be tried again. */
  readonly depth: () => Promise<number>
  /** The same, and how full the store's memory is. */
  readonly sample: () => Promise<QueueSample>
  readonly close: () => Promise<void>
}

/** The queue did not take the batch; whoever holds it sends it again, later or another way. */
export class QueueUnavailable extends Error {
  override readonly name = 'QueueUnavailable'
}

const DEADLINE_MS = 2_500

/** Opens nothing yet: the first call does, so a store that is away does not stop a start. */
export function createRecordQueue(store: RecordStore, limits: BrakeLimits = BRAKE_LIMITS): RecordQueue {
  let opening: Promise<OpenQueue> | null = null
  const opened = async (): Promise<OpenQueue> => {
    opening ??= openQueue(store, limits)
    try {
      return await opening
    } catch (error) {
      opening = null
      throw error
    }
  }
  return {
    add: (batch) => inTime(opened().then((queue) => add(queue, batch))),
    depth: () => inTime(opened().then(async (queue) => (await queue.sample()).depth)),
    sample: () => inTime(opened().then((queue) => queue.sample())),
    close: async () => {
      const queue = await opening?.catch(() => null)
      opening = null
      await queue?.close()
    },
  }
}

async function add(queue: OpenQueue, batch: StreamBatch): Promise<'queued' | 'braked'> {
  const packed = packBatch(batch)
  const brake = await queue.brake(packed.packed.length)
  if (brake === 'memory') throw new Error('the store has hardly any memory left')
  if (brake === 'depth') return 'braked'
  await queue.add(shardOf(batch.stream), packed, jobOf(batch))
  return 'queued'
}

/** More than a full batch takes whose records cannot be compressed. */
const MOST_JOB_BYTES = 2 * BATCH_LIMITS.sizeBytes

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
  sizeLimit: MOST_JOB_BYTES,
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
