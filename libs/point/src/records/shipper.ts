import type { KeyObject } from 'node:crypto'
import { BATCH_LIMITS, batchesOf, signBatch, signHead } from '@writ/audit'
import type { HeadsAnswer, StreamBatch, StreamHead, StreamId } from '@writ/contracts'
import { pause } from '../pause.ts'
import type { Spool } from './spool.ts'

/** A way to the ledger. Settles when the batch was handed over or has to wait for a moment (`braked`), rejects when there is no way. */
export type RecordCarrier = (batch: StreamBatch) => Promise<void | 'queued' | 'braked'>

export type ShipperPorts = {
  readonly spool: Spool
  readonly nodeKey: KeyObject
  /** the queue in Redis; null in single-node mode */
  readonly queue: RecordCarrier | null
  /** the control plane over HTTP */
  readonly direct: RecordCarrier
  /** @param streams others, whose watermarks are asked for too */
  readonly postHeads: (heads: readonly StreamHead[], streams?: readonly StreamId[]) => Promise<HeadsAnswer>
  readonly nowMs: () => number
  /** by which it waits, in ms since some moment; the process's own unless told: a wall clock that is set back would hold up everything for as long */
  readonly monotonicMs?: () => number
  readonly report: (problem: string, error: unknown) => void
}

const HEADS_EVERY_MS = 1000
const HEADS_AT_ONCE_MS = 100
const HEADS_IN_ONE = 1000
/** what is kept after its confirmation is asked for so often: whether it is archived, and whether the ledger still has it */
const KEPT_EVERY_MS = 10_000
/** somebody waits for the ledger: it is asked so often */
const HURRY_EVERY_MS = 10
/** after a queue said that it is full enough */
const BRAKED_MS = 500
/** one pass gives up after so many streams that were not taken */
const MOST_FAILURES = 3
const HOLD_MS = 1000
/** what each batch costs beside its records is shared by more of them the longer this is */
const LINGER_MS = 100
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
  readonly #nowMs: () => number
  #queueTriedAtMs = -Infinity
  #brakedUntilMs = 0
  #headsAtMs = -Infinity
  #hurriedAtMs = -Infinity
  #isHurrying = false

  constructor(ports: ShipperPorts) {
    this.#ports = ports
    this.#nowMs = ports.monotonicMs ?? (() => performance.now())
  }

  /** `direct`: the queue is gone round. `braked`: it takes no more for now, and records stay in the spool. */
  get way(): 'queue' | 'direct' | 'braked' {
    if (this.#nowMs() < this.#brakedUntilMs) return 'braked'
    return this.#ports.queue === null || this.#isQueueGivenUp() ? 'direct' : 'queue'
  }

  /** Ships until the signal aborts, then once more. */
  async run(signal: AbortSignal): Promise<void> {
    // What an earlier boot left may be in the ledger already: its watermark is asked for before anything is sent.
    await this.#attempt('heads', () => this.confirmAll())
    await this.#runRounds(signal)
    await this.#attempt('shipping', () => this.shipAll())
    await this.#attempt('heads', () => this.confirmAll())
  }

  // One question after the other: an answer that is older than the last would look like a ledger that has lost records.
  async #runRounds(signal: AbortSignal): Promise<void> {
    const { spool } = this.#ports
    let roundAtMs = -Infinity
    let keptAtMs = -Infinity
    while (!signal.aborted) {
      await this.#attempt('shipping', () => this.#hurry())
      if (this.#nowMs() - roundAtMs >= LINGER_MS) {
        roundAtMs = this.#nowMs()
        await this.#round()
      }
      if (this.#nowMs() - keptAtMs >= KEPT_EVERY_MS) {
        keptAtMs = this.#nowMs()
        await this.#attempt('heads', () => this.askKept())
      }
      await pause(spool.awaited.streams().length > 0 ? HURRY_EVERY_MS : 0, signal)
      await spool.awaited.begun(LINGER_MS, signal)
    }
  }

  async #round(): Promise<void> {
    const hasShipped = await this.#attempt('shipping', () => this.shipAll())
    if (this.#nowMs() - this.#headsAtMs < (hasShipped ? HEADS_AT_ONCE_MS : HEADS_EVERY_MS)) return
    this.#headsAtMs = this.#nowMs()
    await this.#attempt('heads', () => this.confirmAll())
  }

  /** Ships first what somebody waits for, and asks whether it has arrived. */
  async #hurry(): Promise<void> {
    const { spool } = this.#ports
    const awaited = spool.awaited.streams()
    if (this.#isHurrying || awaited.length === 0 || this.#nowMs() - this.#hurriedAtMs < HURRY_EVERY_MS) return
    this.#isHurrying = true
    try {
      for (const { stream, nextSeq } of spool.heads())
        if (awaited.includes(stream)) await this.#shipStream(stream, nextSeq)
      await this.#ask(awaited.slice(0, HEADS_IN_ONE))
    } finally {
      this.#isHurrying = false
      this.#hurriedAtMs = this.#nowMs()
    }
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
      if (failures.length >= MOST_FAILURES || this.#isBraked()) break
      try {
        hasShipped = (await this.#shipStream(stream, nextSeq)) || hasShipped
      } catch (error) {
        this.#progressOf(stream).notBeforeMs = this.#nowMs() + HOLD_MS
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures.at(-1)
    return hasShipped
  }

  async #shipStream(stream: StreamId, nextSeq: number): Promise<boolean> {
    const progress = this.#progressOf(stream)
    if (this.#nowMs() < progress.notBeforeMs) return false
    const firstSeq = progress.sentSeq
    while (progress.sentSeq < nextSeq && !this.#isBraked()) {
      if (!(await this.#shipSome(stream, progress))) break
      await this.#hurry()
    }
    return progress.sentSeq > firstSeq
  }

  /** Says how far the streams have come, hears what the ledger holds, and lets go of that. */
  async confirmAll(): Promise<void> {
    const heads = this.#ports.spool.heads()
    for (let start = 0; start < heads.length; start += HEADS_IN_ONE)
      await this.#confirmSome(heads.slice(start, start + HEADS_IN_ONE))
    this.#forget(new Set(heads.map(({ stream }) => stream)))
  }

  /**
   * Hears of confirmed records that are kept whether they are archived, and whether the ledger still has them: after it was restored from
   * a copy it may not, and they are sent again.
   */
  async askKept(): Promise<void> {
    const streams = this.#ports.spool.keptStreams()
    for (let start = 0; start < streams.length; start += HEADS_IN_ONE)
      await this.#ask(streams.slice(start, start + HEADS_IN_ONE))
  }

  async #ask(streams: readonly StreamId[]): Promise<void> {
    const { postHeads, spool } = this.#ports
    const { watermarks } = await postHeads([], streams)
    const known = new Map(watermarks.map((watermark) => [watermark.stream, watermark]))
    for (const stream of streams) {
      const { nextSeq = 0, archivedSeq = 0 } = known.get(stream) ?? {}
      spool.archived(stream, archivedSeq)
      await this.#attempt('heads', () => this.#confirmed(stream, nextSeq))
    }
  }

  async #confirmed(stream: StreamId, nextSeq: number): Promise<void> {
    const { spool, report } = this.#ports
    const { strandings } = spool
    await spool.confirm(stream, nextSeq)
    this.#advance(stream, nextSeq)
    if (spool.strandings > strandings)
      report('the ledger has lost records that are not on this machine any more', { stream, from: nextSeq })
  }

  async #confirmSome(heads: ReturnType<Spool['heads']>): Promise<void> {
    const at = new Date(this.#ports.nowMs()).toISOString()
    const signed = heads.map((head) => signHead({ ...head, at }, this.#ports.nodeKey))
    const { watermarks } = await this.#ports.postHeads(signed)
    // A stream whose records the disk does not give back, or let go of, does not hold up the others.
    for (const { stream, nextSeq } of watermarks)
      await this.#attempt('heads', () => this.#confirmed(stream, nextSeq))
  }

  #advance(stream: StreamId, confirmedSeq: number): void {
    const progress = this.#progressOf(stream)
    const nowMs = this.#nowMs()
    const hasGoneBack = confirmedSeq < progress.confirmedSeq
    progress.sentSeq = hasGoneBack ? confirmedSeq : Math.max(progress.sentSeq, confirmedSeq)
    const hasMoved = confirmedSeq !== progress.confirmedSeq || progress.sentSeq === confirmedSeq
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
      movedAtMs: this.#nowMs(),
      notBeforeMs: 0,
    }
    this.#progress.set(stream, fresh)
    return fresh
  }

  /** @returns false: there was nothing to send */
  async #shipSome(stream: StreamId, progress: Progress): Promise<boolean> {
    const { spool, nodeKey } = this.#ports
    // One batch, and no more: texts that wait for others to be sent are moved about by every collection of garbage meanwhile.
    const { records, sizeBytes } = BATCH_LIMITS
    const frames = await spool.read(stream, progress.sentSeq, records, sizeBytes)
    for (const batch of batchesOf(frames)) {
      if ((await this.#carry(signBatch(batch, nodeKey))) === 'braked') break
      progress.sentSeq = batch.fromSeq + batch.records.length
    }
    return frames.length > 0
  }

  async #carry(batch: StreamBatch): Promise<void | 'queued' | 'braked'> {
    const { queue, direct } = this.#ports
    if (queue === null || this.#isQueueGivenUp()) return direct(batch)
    this.#queueTriedAtMs = this.#nowMs()
    try {
      const taken = await queue(batch)
      this.#queueFailedAtMs = null
      if (taken === 'braked') this.#brakedUntilMs = this.#nowMs() + BRAKED_MS
      return taken
    } catch (error) {
      this.#queueFailedAtMs ??= this.#nowMs()
      throw error
    }
  }

  #isBraked(): boolean {
    return this.#nowMs() < this.#brakedUntilMs
  }

  /** Given up after its patience, and tried again as often. */
  #isQueueGivenUp(): boolean {
    const nowMs = this.#nowMs()
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
