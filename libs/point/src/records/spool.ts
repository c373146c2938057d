import type { BootId, StreamId } from '@writ/contracts'
import type { Frame } from '@writ/audit'
import { hashOf, MAX_FRAME_BYTES, scanFrames } from '@writ/audit'
import type { Held } from './held-records.ts'
import { HeldRecords } from './held-records.ts'
import type { Place } from './segment-writer.ts'
import { SegmentWriter } from './segment-writer.ts'
import type { SpoolDisk } from './spool-disk.ts'

export type SpoolLimits = {
  /** all segments together, in bytes */
  readonly maxBytes: number
  /** the last part of `maxBytes`, kept for records that close what was opened */
  readonly reserveBytes: number
  readonly segmentBytes: number
  /** records that wait to be shipped are kept in memory up to this; beyond it they are read again from disk */
  readonly heldBytes: number
}

/** Limits that fit one bound. */
export const spoolLimits = (maxBytes: number): SpoolLimits => ({
  maxBytes,
  reserveBytes: Math.floor(maxBytes / 8),
  segmentBytes: Math.min(16 * 1024 * 1024, Math.floor(maxBytes / 8)),
  heldBytes: Math.min(32 * 1024 * 1024, Math.floor(maxBytes / 8)),
})

/** `ordinary` stops before the reserve; `reserve` may use it. */
export type Room = 'ordinary' | 'reserve'

/** How far a stream has come on this disk. */
export type SpoolHead = { readonly stream: StreamId; readonly nextSeq: number; readonly headHash: string }

/** `held`: null when memory had no room for it, or has let go of it */
type Kept = { readonly seq: number; readonly place: Place; readonly held: Held | null }
type Kin = { kept: Kept[]; nextSeq: number; headHash: string }
type Segment = { sizeBytes: number; unconfirmed: number }

/**
 * Records on this machine's disk until the ledger has confirmed them. A frame whose `append` resolved to true survives a
 * crash of the process and of the machine; a segment goes only when each of its records is below its stream's watermark.
 */
export class Spool {
  readonly #disk: SpoolDisk
  readonly #limits: SpoolLimits
  readonly #onFence: (reason: unknown) => void
  readonly #streams = new Map<StreamId, Kin>()
  readonly #segments = new Map<string, Segment>()
  readonly #held: HeldRecords
  #writer: SegmentWriter
  #usedBytes = 0
  #unconfirmed = 0

  private constructor(disk: SpoolDisk, limits: SpoolLimits, onFence: (reason: unknown) => void) {
    this.#disk = disk
    this.#limits = limits
    this.#onFence = onFence
    this.#held = new HeldRecords(limits.heldBytes)
    this.#writer = this.#writerOf('', 0)
  }

  /** Reads what earlier boots left behind, then starts the segments of this boot. */
  static async open(
    disk: SpoolDisk,
    boot: BootId,
    limits: SpoolLimits,
    onFence: (reason: unknown) => void,
  ): Promise<Spool> {
    const spool = new Spool(disk, limits, onFence)
    for (const name of await disk.list()) if (name.endsWith('.spool')) await spool.#recover(name)
    spool.startOver(boot)
    return spool
  }

  get isFenced(): boolean {
    return this.#writer.isFenced
  }

  /** Records that the ledger has not confirmed. */
  get depth(): number {
    return this.#unconfirmed
  }

  get usedBytes(): number {
    return this.#usedBytes + this.#writer.waitingBytes
  }

  hasRoom(room: Room): boolean {
    const limit = this.#limits.maxBytes - (room === 'ordinary' ? this.#limits.reserveBytes : 0)
    return this.usedBytes + MAX_FRAME_BYTES <= limit
  }

  /** New files for a new boot, after a fence: streams of the boot before are never continued. */
  startOver(boot: BootId): void {
    this.#writer = this.#writerOf(boot, this.#limits.segmentBytes)
  }

  /**
   * Frames of one stream are appended in the order of the calls.
   * @param sha256 hash of the record's bytes, hex
   * @returns true once durable; false when it may not be, and then nothing more can be appended until `startOver`
   */
  append(frame: Frame, sha256: string): Promise<boolean> {
    return this.#writer.append(frame, sha256)
  }

  /** Streams with records that are not confirmed. */
  heads(): SpoolHead[] {
    return [...this.#streams]
      .filter(([, { kept }]) => kept.length > 0)
      .map(([stream, { nextSeq, headHash }]) => ({ stream, nextSeq, headHash }))
  }

  /**
   * Consecutive records of a stream from `fromSeq` on, fewer where it starts later or ends.
   * @param most how many, and how many bytes on disk; one record comes whatever its size
   */
  async read(stream: StreamId, fromSeq: number, most: number, mostBytes = Infinity): Promise<Frame[]> {
    const kept = this.#streams.get(stream)?.kept ?? []
    const start = Math.max(0, fromSeq - (kept[0]?.seq ?? 0))
    let records = kept.slice(start, start + most)
    let sizeBytes = 0
    const end = records.findIndex(({ place }) => (sizeBytes += place.length) > mostBytes)
    if (end !== -1) records = records.slice(0, Math.max(1, end))
    // All that memory holds at once: whoever waits for the disk may find it used for other records.
    const texts = records.map(({ held }) => held && this.#held.read(held))
    const frames: Frame[] = []
    for (const [at, { seq, place }] of records.entries())
      frames.push({ stream, seq, bytes: texts[at] ?? (await this.#reread(place)) })
    return frames
  }

  /** The ledger holds every record of the stream below `nextSeq`. */
  async confirm(stream: StreamId, nextSeq: number): Promise<void> {
    const kin = this.#streams.get(stream)
    const first = kin?.kept[0]?.seq
    if (!kin || first === undefined || nextSeq <= first) return
    for (const record of kin.kept.splice(0, nextSeq - first)) this.#release(record)
    if (kin.kept.length === 0) this.#streams.delete(stream)
    await this.#sweep()
  }

  async close(): Promise<void> {
    await this.#writer.close()
  }

  #writerOf(prefix: string, segmentBytes: number): SegmentWriter {
    return new SegmentWriter(this.#disk, {
      prefix,
      segmentBytes,
      onDurable: (frame, place) => {
        this.#usedBytes += place.length
        this.#keep(frame, frame.sha256, place)
      },
      onFence: this.#onFence,
    })
  }

  #keep({ stream, seq, bytes }: Frame, sha256: string, place: Place): void {
    const kin = this.#streams.get(stream) ?? { kept: [], nextSeq: 0, headHash: '' }
    kin.kept.push({ seq, place, held: this.#held.put(bytes) })
    kin.nextSeq = seq + 1
    kin.headHash = sha256
    this.#streams.set(stream, kin)
    this.#unconfirmed += 1
    const segment = this.#segments.get(place.segment) ?? { sizeBytes: 0, unconfirmed: 0 }
    segment.sizeBytes = place.offset + place.length
    segment.unconfirmed += 1
    this.#segments.set(place.segment, segment)
  }

  #release({ place, held }: Kept): void {
    this.#unconfirmed -= 1
    if (held) this.#held.release(held)
    const segment = this.#segments.get(place.segment)
    if (segment) segment.unconfirmed -= 1
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
    else this.#usedBytes += offset
  }

  async #reread({ segment, offset, length }: Place): Promise<string> {
    const [frame] = scanFrames(await this.#disk.readAt(segment, offset, length)).frames
    if (!frame) throw new Error('a durable frame cannot be read again')
    return frame.bytes
  }

  async #sweep(): Promise<void> {
    for (const [name, { sizeBytes, unconfirmed }] of this.#segments) {
      if (unconfirmed > 0 || name === this.#writer.activeSegment) continue
      this.#segments.delete(name)
      await this.#disk.remove(name)
      this.#usedBytes -= sizeBytes
    }
  }
}
