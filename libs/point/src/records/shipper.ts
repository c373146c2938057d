import type { KeyObject } from 'node:crypto'
import { BATCH_LIMITS, batchesOf, signBatch, signHead } from '@writ/audit'
import type { HeadsAnswer, StreamBatch, StreamHead, StreamId } from '@writ/contracts'
import { pause } from '../pause.ts'
import type { Spool } from './spool.ts'

/** A way to the ledger. Settles when the batch was handed over, rejects when it was not. */
export type RecordCarrier = (batch: StreamBatch) => Promise<void>

export type ShipperPorts = {
  readonly spool: Spool
  readonly nodeKey: KeyObject
  /** the queue in Redis; null in single-node mode */
  readonly queue: RecordCarrier | null
  /** the control plane over HTTP */
  readonly direct: RecordCarrier
  readonly postHeads: (heads: readonly StreamHead[]) => Promise<HeadsAnswer>
  readonly nowMs: () => number
  readonly report: (problem: string, error: unknown) => void
}

const HEADS_EVERY_MS = 1000
const HEADS_AT_ONCE_MS = 100
const HEADS_IN_ONE = 1000
/** one pass gives up after so many streams that were not taken */
const MOST_FAILURES = 3
const HOLD_MS = 1000
/** what each batch costs beside its records is shared by more of them the longer this is */
const LINGER_MS = 100
/** read at once, so that batches which are full by their bytes leave few that are not full behind them */
const READ_AT_ONCE = 5 * BATCH_LIMITS.records
const BYTES_AT_ONCE = 10 * BATCH_LIMITS.sizeBytes
/** a queue that has failed for so long is gone round */
const QUEUE_PATIENCE_MS = 5000
/** a stream whose watermark stands still for so long is sent again from there */
const STALL_MS = 5000

type Progress = { sentSeq: number; confirmedSeq: number; movedAtMs: number; notBeforeMs: number }

/**
 * Brings records from the spool to the ledger: batches of one stream in order, then the signed heads, whose answer is the
 * watermark of each stream. Whatever was lost on the way is behind the watermark and is sent again from there.
 */
export class Shipper {
  readonly #ports: ShipperPorts
  readonly #progress = new Map<StreamId, Progress>()
  #queueFailedAtMs: number | null = null
  #queueTriedAtMs = 0

  constructor(ports: ShipperPorts) {
    this.#ports = ports
  }

  /** Ships until the signal aborts, then once more. */
  async run(signal: AbortSignal): Promise<void> {
    // What an earlier boot left may be in the ledger already: its watermark is asked for before anything is sent.
    await this.#attempt('heads', () => this.confirmAll())
    let headsAtMs = this.#ports.nowMs()
    while (!signal.aborted) {
      const hasShipped = await this.#attempt('shipping', () => this.shipAll())
      const leastMs = hasShipped ? HEADS_AT_ONCE_MS : HEADS_EVERY_MS
      if (this.#ports.nowMs() - headsAtMs >= leastMs) {
        headsAtMs = this.#ports.nowMs()
        await this.#attempt('heads', () => this.confirmAll())
      }
      await pause(LINGER_MS, signal)
    }
    await this.#attempt('shipping', () => this.shipAll())
    await this.#attempt('heads', () => this.confirmAll())
  }

  /**
   * Sends everything that was not sent yet. A stream that is not taken rests for a second and does not hold up the others.
   * @returns whether anything was sent
   * @throws the last failure, after the others were tried
   */
  async shipAll(): Promise<boolean> {
    let hasShipped = false
    const failures: unknown[] = []
    for (const { stream, nextSeq } of this.#ports.spool.heads()) {
      if (failures.length >= MOST_FAILURES) break
      try {
        hasShipped = (await this.#shipStream(stream, nextSeq)) || hasShipped
      } catch (error) {
        this.#progressOf(stream).notBeforeMs = this.#ports.nowMs() + HOLD_MS
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures.at(-1)
    return hasShipped
  }

  async #shipStream(stream: StreamId, nextSeq: number): Promise<boolean> {
    const progress = this.#progressOf(stream)
    if (this.#ports.nowMs() < progress.notBeforeMs) return false
    const firstSeq = progress.sentSeq
    while (progress.sentSeq < nextSeq) if (!(await this.#shipSome(stream, progress))) break
    return progress.sentSeq > firstSeq
  }

  /** Says how far the streams have come, hears what the ledger holds, and lets go of that. */
  async confirmAll(): Promise<void> {
    const heads = this.#ports.spool.heads()
    for (let start = 0; start < heads.length; start += HEADS_IN_ONE)
      await this.#confirmSome(heads.slice(start, start + HEADS_IN_ONE))
    this.#forget(new Set(heads.map(({ stream }) => stream)))
  }

  async #confirmSome(heads: ReturnType<Spool['heads']>): Promise<void> {
    const at = new Date(this.#ports.nowMs()).toISOString()
    const signed = heads.map((head) => signHead({ ...head, at }, this.#ports.nodeKey))
    const { watermarks } = await this.#ports.postHeads(signed)
    for (const { stream, nextSeq } of watermarks) {
      await this.#ports.spool.confirm(stream, nextSeq)
      this.#advance(stream, nextSeq)
    }
  }

  #advance(stream: StreamId, confirmedSeq: number): void {
    const progress = this.#progressOf(stream)
    const nowMs = this.#ports.nowMs()
    progress.sentSeq = Math.max(progress.sentSeq, confirmedSeq)
    const hasMoved = confirmedSeq > progress.confirmedSeq || progress.sentSeq === confirmedSeq
    progress.confirmedSeq = confirmedSeq
    if (hasMoved) progress.movedAtMs = nowMs
    if (nowMs - progress.movedAtMs < STALL_MS) return
    progress.sentSeq = confirmedSeq
    progress.movedAtMs = nowMs
  }

  #progressOf(stream: StreamId): Progress {
    const known = this.#progress.get(stream)
    if (known) return known
    const fresh: Progress = {
      sentSeq: 0,
      confirmedSeq: -1,
      movedAtMs: this.#ports.nowMs(),
      notBeforeMs: 0,
    }
    this.#progress.set(stream, fresh)
    return fresh
  }

  /** @returns false: there was nothing to send */
  async #shipSome(stream: StreamId, progress: Progress): Promise<boolean> {
    const { spool, nodeKey } = this.#ports
    const frames = await spool.read(stream, progress.sentSeq, READ_AT_ONCE, BYTES_AT_ONCE)
    for (const batch of batchesOf(frames)) {
      await this.#carry(signBatch(batch, nodeKey))
      progress.sentSeq = batch.fromSeq + batch.records.length
    }
    return frames.length > 0
  }

  async #carry(batch: StreamBatch): Promise<void> {
    const { queue, direct, nowMs } = this.#ports
    if (queue === null || this.#isQueueGivenUp()) return direct(batch)
    this.#queueTriedAtMs = nowMs()
    try {
      await queue(batch)
      this.#queueFailedAtMs = null
    } catch (error) {
      this.#queueFailedAtMs ??= nowMs()
      throw error
    }
  }

  /** Given up after its patience, and tried again as often. */
  #isQueueGivenUp(): boolean {
    const nowMs = this.#ports.nowMs()
    const isFailing = this.#queueFailedAtMs !== null && nowMs - this.#queueFailedAtMs >= QUEUE_PATIENCE_MS
    return isFailing && nowMs - this.#queueTriedAtMs < QUEUE_PATIENCE_MS
  }

  #forget(alive: ReadonlySet<StreamId>): void {
    for (const stream of this.#progress.keys()) if (!alive.has(stream)) this.#progress.delete(stream)
  }

  async #attempt(what: string, work: () => Promise<boolean | void>): Promise<boolean> {
    try {
      return (await work()) === true
    } catch (error) {
      this.#ports.report(what, error)
      return false
    }
  }
}
