import type { BootId, StreamId } from '@writ/contracts'
import type { Frame } from '@writ/audit'
import { MAX_FRAME_BYTES } from '@writ/audit'
import { Awaited } from './awaited.ts'
import { isFullDisk } from './full-disk.ts'
import { Reserve } from './reserve.ts'
import type { Left } from './segment-writer.ts'
import { SegmentWriter } from './segment-writer.ts'
import { Segments } from './segments.ts'
import type { SpoolDisk } from './spool-disk.ts'
import type { Pressure, SpoolLimits } from './spool-limits.ts'
import { pressureOf } from './spool-limits.ts'
import type { SpoolHead } from './unconfirmed-records.ts'
import { UnconfirmedRecords } from './unconfirmed-records.ts'

/** `ordinary` stops before the reserve; `reserve` may use it. */
export type Room = 'ordinary' | 'reserve'

/** `strict`: durable before an append settles. `standard`: the system has it then, and it is durable soon after. Each has files and boots of its own. */
export type Lane = 'strict' | 'standard'

type OnFence = (reason: unknown) => void

/** Begun so long after a write; with the time of the sync itself, what a crash of the machine can lose is about 50 ms. */
const SYNC_WITHIN_MS = 30

/** What is opened for a moment only takes none. */
const RESERVE_AFTER_MS = 1000

/**
 * Records on this machine's disk until the ledger has confirmed them, and after that until they are archived. A frame whose `append` in
 * the lane `strict` resolved to true survives a crash of the process and of the machine; a segment goes only when each of its records is
 * below its stream's watermark.
 */
export class Spool {
  readonly #disk: SpoolDisk
  readonly #limits: SpoolLimits
  readonly #onFence: OnFence
  readonly #segments: Segments
  readonly #unconfirmed: UnconfirmedRecords
  readonly #reserve: Reserve
  readonly #writers = new Map<Lane, SegmentWriter>()
  /** of boots before, with appends that were begun: their files grow a little longer */
  readonly #leaving = new Set<SegmentWriter>()
  /** records that were said to be written and may not be, by stream */
  readonly #lost = new Map<StreamId, number>()
  readonly awaited = new Awaited()
  readonly #openedAtMs: number
  /** how often room was made on a full disk, and how often it had been when a lane was started */
  #roomsMade = 0
  readonly #roomBefore = new Map<Lane, number>()
  /** lanes that a full disk has fenced, and of which nothing is there that it refused */
  readonly #full = new Set<Lane>()
  /** streams of which records may be there that were refused */
  readonly #uncut = new Set<StreamId>()
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(disk: SpoolDisk, limits: SpoolLimits, onFence: OnFence) {
    this.#disk = disk
    this.#limits = limits
    this.#onFence = onFence
    this.#openedAtMs = limits.nowMs()
    this.#segments = new Segments(disk, limits)
    this.#unconfirmed = new UnconfirmedRecords(disk, this.#segments, limits.heldBytes)
    this.#reserve = new Reserve(disk, limits.reserveBytes)
  }

  /** Reads what earlier boots left behind, then starts the segments of this boot. */
  static async open(disk: SpoolDisk, boot: BootId, limits: SpoolLimits, onFence: OnFence): Promise<Spool> {
    const spool = new Spool(disk, limits, onFence)
    await spool.#reserve.open(await disk.list())
    for (const name of await spool.#segments.open()) await spool.#unconfirmed.recover(name)
    spool.startOver(boot)
    return spool
  }

  /** Whether nothing can be appended that has to be durable. */
  get isFenced(): boolean {
    return this.isLaneFenced('strict')
  }

  isLaneFenced(lane: Lane): boolean {
    return this.#writers.get(lane)?.isFenced ?? true
  }

  /** After a disk was full: room was made since this lane was started, and a new start may be tried at once. */
  hasMadeRoom(lane: Lane = 'strict'): boolean {
    return this.#full.has(lane) && this.#roomsMade > (this.#roomBefore.get(lane) ?? 0)
  }

  /** Whether records of this stream may be found after a crash although their append settled with false: written anew they would be there twice. */
  mayHoldRefused(stream: StreamId): boolean {
    return this.#uncut.has(stream)
  }

  /** Settles when whatever is done about a full disk is done. */
  async roomMade(): Promise<void> {
    await this.#turn
  }

  /** Records that the ledger has not confirmed. */
  get depth(): number {
    return this.#unconfirmed.count
  }

  /** Bytes of records that the ledger has not confirmed, with those of whole segments that hold some. */
  get usedBytes(): number {
    let usedBytes = this.#segments.waitingBytes
    for (const writer of this.#writers.values()) usedBytes += writer.waitingBytes
    return usedBytes
  }

  /** Confirmed records that are kept until they are archived. */
  get keptBytes(): number {
    return this.#segments.keptBytes
  }

  /** Segments that went before they were archived, because there was no room. */
  get removedEarly(): number {
    return this.#segments.removedEarly
  }

  /** Segments of earlier starts that cannot be read to their end. They stay on the disk, and the next start tries again. */
  get faulty(): Segments['faulty'] {
    return this.#segments.faulty
  }

  /** Streams that cannot go on, because records before those on this disk are nowhere. */
  get stranded(): number {
    return this.#unconfirmed.stranded.size
  }

  /** How often a stream has come to that. */
  get strandings(): number {
    return this.#unconfirmed.strandings
  }

  get boundBytes(): number {
    return this.#limits.maxBytes - this.#limits.reserveBytes
  }

  get pressure(): Pressure {
    if (this.#reserve.isReleased) return 'full'
    return pressureOf(this.usedBytes, this.boundBytes, MAX_FRAME_BYTES)
  }

  hasRoom(room: Room): boolean {
    if (room === 'reserve') return this.usedBytes + MAX_FRAME_BYTES <= this.#limits.maxBytes
    return !this.#reserve.isReleased && this.usedBytes + MAX_FRAME_BYTES <= this.boundBytes
  }

  /** New files for a new boot, after a fence: streams of the boot before are never continued. */
  startOver(boot: BootId, lane: Lane = 'strict'): void {
    this.#full.delete(lane)
    this.#roomBefore.set(lane, this.#roomsMade)
    const former = this.#writers.get(lane)
    if (former) void this.#leave(former)
    this.#writers.set(lane, this.#writerOf(boot, lane))
  }

  async #leave(former: SegmentWriter): Promise<void> {
    this.#leaving.add(former)
    await former.close().catch(this.#onFence)
    this.#leaving.delete(former)
  }

  /**
   * Frames of one stream are appended in the order of the calls, and all in one lane.
   * @param sha256 hash of the record's bytes, hex
   * @returns true once durable, or, in the lane `standard`, once the system has it; false when it may not be, and then nothing more can
   *   be appended in this lane until `startOver`
   */
  append(frame: Frame, sha256: string, lane: Lane = 'strict'): Promise<boolean> {
    return this.#writers.get(lane)?.append(frame, sha256) ?? Promise.resolve(false)
  }

  /** What the lane `standard` said was written and may not be, since this was last asked: so many records of each stream. */
  takeLost(): ReadonlyMap<StreamId, number> {
    const lost = new Map(this.#lost)
    this.#lost.clear()
    return lost
  }

  /** Streams with records that are not confirmed and can be. */
  heads(): SpoolHead[] {
    return this.#unconfirmed.heads()
  }

  /** Streams of which records are kept beyond their confirmation: how far the ledger has them is worth asking now and then. */
  keptStreams(): StreamId[] {
    const kept = this.#limits.keptMs === null ? [] : this.#segments.streams()
    return [...new Set([...kept, ...this.#unconfirmed.stranded])]
  }

  /**
   * Consecutive records of a stream from `fromSeq` on, fewer where it starts later or ends.
   * @param most how many, and how many bytes on disk; one record comes whatever its size
   */
  read(stream: StreamId, fromSeq: number, most: number, mostBytes = Infinity): Promise<Frame[]> {
    return this.#unconfirmed.read(stream, fromSeq, most, mostBytes)
  }

  /**
   * The ledger holds every record of the stream below `nextSeq`, and none from there on. Where it once held more, what this disk keeps of
   * that is to be sent again.
   */
  confirm(stream: StreamId, nextSeq: number): Promise<void> {
    this.awaited.confirmed(stream, nextSeq)
    return this.#inTurn(async () => {
      if (await this.#unconfirmed.confirm(stream, nextSeq)) await this.#sweep()
    })
  }

  /** Records of the stream below `nextSeq` are in a checkpoint that is published and archived. */
  archived(stream: StreamId, nextSeq: number): void {
    this.#segments.archived(stream, nextSeq)
  }

  /** Takes the reserve on the disk and lets go of what was kept long enough; to be called now and then. */
  tend(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#sweep()
      // A clock that was set back must not put it off for as long.
      if (Math.abs(this.#limits.nowMs() - this.#openedAtMs) >= RESERVE_AFTER_MS) await this.#holdReserve()
    })
  }

  /** Settles when what was appended by now is durable and can be shipped, or is known to be lost. */
  async flush(): Promise<void> {
    await Promise.all([...this.#writers.values(), ...this.#leaving].map((writer) => writer.flush()))
  }

  async close(): Promise<void> {
    await Promise.all([...this.#writers.values()].map((writer) => writer.close()))
    await this.#turn
  }

  #writerOf(prefix: string, lane: Lane): SegmentWriter {
    const writer = new SegmentWriter(this.#disk, {
      prefix,
      segmentBytes: this.#limits.segmentBytes,
      syncWithinMs: lane === 'strict' ? null : SYNC_WITHIN_MS,
      onDurable: (frame, place) => this.#unconfirmed.put(frame, frame.sha256, place),
      onFence: (reason, left) =>
        this.#fenced(reason, left, () => {
          if (this.#writers.get(lane) === writer) this.#full.add(lane)
        }),
    })
    return writer
  }

  #fenced(reason: unknown, { lost, refused, cut }: Left, noteFull: () => void): void {
    for (const { stream } of lost) this.#lost.set(stream, (this.#lost.get(stream) ?? 0) + 1)
    const isGone = cut.then((isCut) => {
      if (!isCut) for (const { stream } of refused) this.#uncut.add(stream)
      return isCut
    })
    if (isFullDisk(reason))
      void this.#inTurn(async () => {
        // Where room was made, what was not written is written anew: it must not be there.
        if (!(await isGone)) return
        noteFull()
        await this.#makeRoom()
      })
    this.#onFence(reason)
  }

  #sweep(): Promise<void> {
    const writers = [...this.#writers.values(), ...this.#leaving]
    const growing = new Set(writers.map(({ activeSegment }) => activeSegment))
    return this.#segments.sweep(growing, this.boundBytes)
  }

  /** Without it nothing begins: it comes before what is only kept, where that is enough. */
  async #holdReserve(): Promise<void> {
    const { waitingBytes, keptBytes } = this.#segments
    const missingBytes = await this.#reserve.missingBytes()
    if (missingBytes > 0 && missingBytes <= keptBytes)
      await this.#segments.makeRoom(waitingBytes + keptBytes - missingBytes)
    await this.#reserve.hold()
  }

  /** The disk is full: what is kept without need goes first, then the reserve. */
  async #makeRoom(): Promise<void> {
    const { waitingBytes, keptBytes } = this.#segments
    if (keptBytes > 0)
      await this.#segments.makeRoom(waitingBytes + Math.max(0, keptBytes - 2 * this.#limits.segmentBytes))
    else if (!this.#reserve.isReleased) await this.#reserve.release()
    else return
    this.#roomsMade += 1
  }

  /** What changes segments does so one after the other. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => {})
    return done
  }
}
