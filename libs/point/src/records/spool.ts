import type { BootId, StreamId } from '@writ/contracts'
import type { Frame } from '@writ/audit'
import { hashOf, MAX_FRAME_BYTES, scanFrames } from '@writ/audit'
import { Awaited } from './awaited.ts'
import { isFullDisk } from './full-disk.ts'
import type { Held } from './held-records.ts'
import { HeldRecords } from './held-records.ts'
import { Reserve } from './reserve.ts'
import type { Place } from './segment-writer.ts'
import { SegmentWriter } from './segment-writer.ts'
import { Segments } from './segments.ts'
import type { SpoolDisk } from './spool-disk.ts'
import type { Pressure, SpoolLimits } from './spool-limits.ts'
import { pressureOf } from './spool-limits.ts'

/** `ordinary` stops before the reserve; `reserve` may use it. */
export type Room = 'ordinary' | 'reserve'

/** `strict`: durable before an append settles. `standard`: the system has it then, and it is durable soon after. Each has files and boots of its own. */
export type Lane = 'strict' | 'standard'

/** Begun so long after a write; with the time of the sync itself, what a crash of the machine can lose is about 50 ms. */
const SYNC_WITHIN_MS = 30

/** More than all calls that can be under way need for their ends. */
const RESERVE_FILE_BYTES = 16 * 1024 * 1024
/** What is opened for a moment only takes none. */
const RESERVE_AFTER_MS = 1000

/** How far a stream has come on this disk. */
export type SpoolHead = { readonly stream: StreamId; readonly nextSeq: number; readonly headHash: string }

/** `held`: null when memory had no room for it, or has let go of it */
type Kept = { readonly seq: number; readonly place: Place; readonly held: Held | null }
/** `kept`: in the order of their numbers, with holes where a disk has lost some */
type Part = { readonly stream: StreamId; readonly fromSeq: number; readonly toSeq: number }
type Kin = { kept: Kept[]; nextSeq: number; headHash: string }

/**
 * Records on this machine's disk until the ledger has confirmed them, and after that until they are archived. A frame whose `append` in
 * the lane `strict` resolved to true survives a crash of the process and of the machine; a segment goes only when each of its records is
 * below its stream's watermark.
 */
export class Spool {
  readonly #disk: SpoolDisk
  readonly #limits: SpoolLimits
  readonly #onFence: (reason: unknown) => void
  readonly #streams = new Map<StreamId, Kin>()
  readonly #segments: Segments
  readonly #held: HeldRecords
  readonly #reserve: Reserve
  readonly #writers = new Map<Lane, SegmentWriter>()
  /** records that the ledger cannot take, because some before them are on no disk */
  readonly #stranded = new Set<StreamId>()
  /** records that were said to be written and may not be, by stream */
  readonly #lost = new Map<StreamId, number>()
  readonly awaited = new Awaited()
  readonly #openedAtMs: number
  #unconfirmed = 0
  #hasMadeRoom = false
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(disk: SpoolDisk, limits: SpoolLimits, onFence: (reason: unknown) => void) {
    this.#disk = disk
    this.#limits = limits
    this.#onFence = onFence
    this.#openedAtMs = limits.nowMs()
    this.#held = new HeldRecords(limits.heldBytes)
    this.#segments = new Segments(disk, limits)
    this.#reserve = new Reserve(disk, Math.min(limits.reserveBytes, RESERVE_FILE_BYTES))
  }

  /** Reads what earlier boots left behind, then starts the segments of this boot. */
  static async open(
    disk: SpoolDisk,
    boot: BootId,
    limits: SpoolLimits,
    onFence: (reason: unknown) => void,
  ): Promise<Spool> {
    const spool = new Spool(disk, limits, onFence)
    spool.#reserve.open(await disk.list())
    for (const name of await spool.#segments.open()) await spool.#recover(name)
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

  /** After a disk was full: room was made, and a new start may be tried at once. */
  get hasMadeRoom(): boolean {
    return this.#hasMadeRoom
  }

  /** Settles when whatever is done about a full disk is done. */
  async roomMade(): Promise<void> {
    await this.#turn
  }

  /** Records that the ledger has not confirmed. */
  get depth(): number {
    return this.#unconfirmed
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

  /** Streams that cannot go on, because records before those on this disk are nowhere. */
  get stranded(): number {
    return this.#stranded.size
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
    this.#hasMadeRoom = false
    this.#writers.get(lane)?.close().catch(this.#onFence)
    this.#writers.set(lane, this.#writerOf(boot, lane))
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
    return [...this.#streams]
      .filter(([stream, { kept }]) => kept.length > 0 && !this.#stranded.has(stream))
      .map(([stream, { nextSeq, headHash }]) => ({ stream, nextSeq, headHash }))
  }

  /** Streams of which records are kept beyond their confirmation: how far the ledger has them is worth asking now and then. */
  keptStreams(): StreamId[] {
    const kept = this.#limits.keptMs === null ? [] : this.#segments.streams()
    return [...new Set([...kept, ...this.#stranded])]
  }

  /**
   * Consecutive records of a stream from `fromSeq` on, fewer where it starts later or ends.
   * @param most how many, and how many bytes on disk; one record comes whatever its size
   */
  async read(stream: StreamId, fromSeq: number, most: number, mostBytes = Infinity): Promise<Frame[]> {
    const kept = this.#streams.get(stream)?.kept ?? []
    const start = placeOf(kept, fromSeq)
    let records = kept.slice(start, start + most)
    let sizeBytes = 0
    const end = records.findIndex(({ seq, place }, at) => {
      sizeBytes += place.length
      return sizeBytes > mostBytes || seq !== (records[0]?.seq ?? 0) + at
    })
    if (end !== -1) records = records.slice(0, Math.max(1, end))
    // All that memory holds at once: whoever waits for the disk may find it used for other records.
    const texts = records.map(({ held }) => held && this.#held.read(held))
    const frames: Frame[] = []
    for (const [at, { seq, place }] of records.entries())
      frames.push({ stream, seq, bytes: texts[at] ?? (await this.#reread(place)) })
    return frames
  }

  /**
   * The ledger holds every record of the stream below `nextSeq`, and none from there on. Where it once held more, what this disk keeps of
   * that is to be sent again.
   */
  confirm(stream: StreamId, nextSeq: number): Promise<void> {
    this.awaited.confirmed(stream, nextSeq)
    return this.#inTurn(async () => {
      this.#stranded.delete(stream)
      const kin = this.#streams.get(stream)
      const confirmed = kin?.kept.splice(0, placeOf(kin.kept, nextSeq)) ?? []
      for (const record of confirmed) this.#release(record)
      await this.#goBack(stream, nextSeq)
      if (this.#streams.get(stream)?.kept.length === 0) this.#streams.delete(stream)
      if (confirmed.length > 0) await this.#sweep()
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
      if (this.#limits.nowMs() - this.#openedAtMs >= RESERVE_AFTER_MS) await this.#reserve.hold()
    })
  }

  async close(): Promise<void> {
    await Promise.all([...this.#writers.values()].map((writer) => writer.close()))
    await this.#turn
  }

  #writerOf(prefix: string, lane: Lane): SegmentWriter {
    return new SegmentWriter(this.#disk, {
      prefix,
      segmentBytes: this.#limits.segmentBytes,
      syncWithinMs: lane === 'strict' ? null : SYNC_WITHIN_MS,
      onDurable: (frame, place) => this.#keep(frame, frame.sha256, place),
      onFence: (reason, lost) => {
        for (const { stream } of lost) this.#lost.set(stream, (this.#lost.get(stream) ?? 0) + 1)
        if (isFullDisk(reason)) void this.#inTurn(() => this.#makeRoom())
        this.#onFence(reason)
      },
    })
  }

  #keep({ stream, seq, bytes }: Frame, sha256: string, place: Place): void {
    let kin = this.#streams.get(stream)
    if (kin === undefined) this.#streams.set(stream, (kin = { kept: [], nextSeq: 0, headHash: '' }))
    kin.kept.push({ seq, place, held: this.#held.put(bytes) })
    kin.nextSeq = seq + 1
    kin.headHash = sha256
    this.#unconfirmed += 1
    this.#segments.note(place, stream, seq, sha256)
  }

  #release({ place, held }: Kept): void {
    this.#unconfirmed -= 1
    if (held) this.#held.release(held)
    this.#segments.confirmed(place.segment)
  }

  async #recover(name: string): Promise<void> {
    const segment = await this.#disk.read(name)
    const { frames } = scanFrames(segment)
    let offset = 0
    for (const { stream, seq, bytes, endOffset } of frames) {
      this.#keep({ stream, seq, bytes }, hashOf(bytes), { segment: name, offset, length: endOffset - offset })
      offset = endOffset
    }
    if (frames.length === 0) await this.#disk.remove(name)
  }

  /** Takes up again what the ledger does not hold though it was confirmed, or stands behind a hole. */
  async #goBack(stream: StreamId, nextSeq: number): Promise<void> {
    const end = this.#streams.get(stream) ?? this.#segments.endOf(stream)
    if (end === undefined) return
    const toSeq = this.#streams.get(stream)?.kept[0]?.seq ?? end.nextSeq
    if (toSeq <= nextSeq) return
    const found = await this.#revived({ stream, fromSeq: nextSeq, toSeq })
    const kin = this.#streams.get(stream) ?? { kept: [], nextSeq: end.nextSeq, headHash: end.headHash }
    kin.kept = [...found, ...kin.kept]
    this.#streams.set(stream, kin)
    if (kin.kept[0]?.seq !== nextSeq) this.#stranded.add(stream)
  }

  async #revived(wanted: Part): Promise<Kept[]> {
    const found: Kept[] = []
    for (const name of this.#segments.holding(wanted.stream, wanted.fromSeq, wanted.toSeq)) {
      const records = await this.#recordsIn(name, wanted)
      this.#segments.revive(name, records.length)
      found.push(...records)
    }
    this.#unconfirmed += found.length
    return found.toSorted((one, other) => one.seq - other.seq)
  }

  async #recordsIn(segment: string, wanted: Part): Promise<Kept[]> {
    const records: Kept[] = []
    let offset = 0
    for (const { stream, seq, endOffset } of scanFrames(await this.#disk.read(segment)).frames) {
      const place = { segment, offset, length: endOffset - offset }
      if (stream === wanted.stream && seq >= wanted.fromSeq && seq < wanted.toSeq)
        records.push({ seq, place, held: null })
      offset = endOffset
    }
    return records
  }

  async #reread({ segment, offset, length }: Place): Promise<string> {
    const [frame] = scanFrames(await this.#disk.readAt(segment, offset, length)).frames
    if (!frame) throw new Error('a durable frame cannot be read again')
    return frame.bytes
  }

  #sweep(): Promise<void> {
    const growing = new Set([...this.#writers.values()].map(({ activeSegment }) => activeSegment))
    return this.#segments.sweep(growing, this.boundBytes)
  }

  /** The disk is full: what is kept without need goes first, then the reserve. */
  async #makeRoom(): Promise<void> {
    const { waitingBytes, keptBytes } = this.#segments
    if (keptBytes > 0)
      await this.#segments.makeRoom(waitingBytes + Math.max(0, keptBytes - 2 * this.#limits.segmentBytes))
    else if (!this.#reserve.isReleased) await this.#reserve.release()
    else return
    this.#hasMadeRoom = true
  }

  /** What changes segments does so one after the other. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => {})
    return done
  }
}

/** Where the first record is that has this number or a higher one. */
function placeOf(kept: readonly Kept[], seq: number): number {
  const first = kept[0]?.seq ?? 0
  if (seq <= first) return 0
  const guess = seq - first
  if (kept.at(-1)?.seq === first + kept.length - 1) return Math.min(guess, kept.length)
  const place = kept.findIndex((record) => record.seq >= seq)
  return place === -1 ? kept.length : place
}
