import type { Frame } from '@writ/audit'
import { hashOf, scanFrames } from '@writ/audit'
import type { StreamId } from '@writ/contracts'
import type { Held } from './held-records.ts'
import { HeldRecords } from './held-records.ts'
import type { Place } from './segment-writer.ts'
import type { Segments } from './segments.ts'
import type { SpoolDisk } from './spool-disk.ts'

/** How far a stream has come on this disk. */
export type SpoolHead = { readonly stream: StreamId; readonly nextSeq: number; readonly headHash: string }

/** `held`: null when memory had no room for it, or has let go of it */
type Kept = { readonly seq: number; readonly place: Place; readonly held: Held | null }
/** `kept`: in the order of their numbers, with holes where a disk has lost some */
type Kin = { kept: Kept[]; nextSeq: number; headHash: string }
type Part = { readonly stream: StreamId; readonly fromSeq: number; readonly toSeq: number }

/** Records of a spool that the ledger has not confirmed, by stream: where each is on the disk, and its bytes while memory has room. */
export class UnconfirmedRecords {
  readonly #disk: SpoolDisk
  readonly #segments: Segments
  readonly #held: HeldRecords
  readonly #streams = new Map<StreamId, Kin>()
  /** records that the ledger cannot take, because some before them are on no disk */
  readonly #stranded = new Set<StreamId>()
  #strandings = 0
  #count = 0

  constructor(disk: SpoolDisk, segments: Segments, heldBytes: number) {
    this.#disk = disk
    this.#segments = segments
    this.#held = new HeldRecords(heldBytes)
  }

  get count(): number {
    return this.#count
  }

  /** Streams that cannot go on, because records before those on this disk are nowhere. */
  get stranded(): ReadonlySet<StreamId> {
    return this.#stranded
  }

  /** How often that has happened to a stream: it never goes down, as the number of those to which it has can. */
  get strandings(): number {
    return this.#strandings
  }

  /** Takes up what an earlier boot left in a segment; one that holds nothing goes, and one that cannot be read to its end stays. */
  async recover(name: string): Promise<void> {
    const segment = await this.#disk.read(name).catch((cause: unknown) => {
      this.#segments.leave({ name, problem: 'unreadable', cause })
      return null
    })
    if (segment === null) return
    const { frames, soundBytes } = scanFrames(segment)
    let offset = 0
    for (const { stream, seq, bytes, endOffset } of frames) {
      this.put({ stream, seq, bytes }, hashOf(bytes), { segment: name, offset, length: endOffset - offset })
      offset = endOffset
    }
    if (isDamaged(segment, soundBytes)) this.#segments.leave({ name, problem: 'damaged', cause: null })
    // One that stays does no harm, and the next start tries again.
    else if (frames.length === 0) await this.#disk.remove(name).catch(() => {})
  }

  put({ stream, seq, bytes }: Frame, sha256: string, place: Place): void {
    let kin = this.#streams.get(stream)
    if (kin === undefined) this.#streams.set(stream, (kin = { kept: [], nextSeq: 0, headHash: '' }))
    kin.kept.push({ seq, place, held: this.#held.put(bytes) })
    kin.nextSeq = seq + 1
    kin.headHash = sha256
    this.#count += 1
    this.#segments.note(place, stream, seq, sha256)
  }

  /** Streams of which some can be sent. */
  heads(): SpoolHead[] {
    return [...this.#streams]
      .filter(([stream, { kept }]) => kept.length > 0 && !this.#stranded.has(stream))
      .map(([stream, { nextSeq, headHash }]) => ({ stream, nextSeq, headHash }))
  }

  /** As `Spool.read`. */
  async read(stream: StreamId, fromSeq: number, most: number, mostBytes: number): Promise<Frame[]> {
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

  async #reread({ segment, offset, length }: Place): Promise<string> {
    const [frame] = scanFrames(await this.#disk.readAt(segment, offset, length)).frames
    if (!frame) throw new Error(`${segment}: a durable frame at ${offset} cannot be read again`)
    return frame.bytes
  }

  /** As `Spool.confirm`. @returns whether there were records below `nextSeq` */
  async confirm(stream: StreamId, nextSeq: number): Promise<boolean> {
    const kin = this.#streams.get(stream)
    const confirmed = kin?.kept.splice(0, placeOf(kin.kept, nextSeq)) ?? []
    for (const record of confirmed) this.#release(record)
    // Only now: one that is stranded still must not look like one that was and is again, for which new streams begin.
    if (await this.#isBehindHole(stream, nextSeq)) this.#strand(stream)
    else this.#stranded.delete(stream)
    if (this.#streams.get(stream)?.kept.length === 0) this.#streams.delete(stream)
    return confirmed.length > 0
  }

  #strand(stream: StreamId): void {
    if (this.#stranded.has(stream)) return
    this.#stranded.add(stream)
    this.#strandings += 1
  }

  #release({ place, held }: Kept): void {
    this.#count -= 1
    if (held) this.#held.release(held)
    this.#segments.confirmed(place.segment)
  }

  /** What cannot be read now may be there later: it is asked for again, as all that is stranded. */
  async #isBehindHole(stream: StreamId, nextSeq: number): Promise<boolean> {
    try {
      return await this.#goBack(stream, nextSeq)
    } catch (error) {
      this.#strand(stream)
      throw error
    }
  }

  /** Takes up again what the ledger does not hold though it was confirmed. @returns whether what is here stands behind a hole */
  async #goBack(stream: StreamId, nextSeq: number): Promise<boolean> {
    const end = this.#streams.get(stream) ?? this.#segments.endOf(stream)
    if (end === undefined) return false
    const toSeq = this.#streams.get(stream)?.kept[0]?.seq ?? end.nextSeq
    if (toSeq <= nextSeq) return false
    const found = await this.#revived({ stream, fromSeq: nextSeq, toSeq })
    const kin = this.#streams.get(stream) ?? { kept: [], nextSeq: end.nextSeq, headHash: end.headHash }
    kin.kept = [...found, ...kin.kept]
    this.#streams.set(stream, kin)
    return kin.kept[0]?.seq !== nextSeq
  }

  async #revived(wanted: Part): Promise<Kept[]> {
    const parts: [string, Kept[]][] = []
    // All are read before any is taken up: where one cannot be read, it is as if none had been asked for.
    for (const name of this.#segments.holding(wanted.stream, wanted.fromSeq, wanted.toSeq))
      parts.push([name, await this.#recordsIn(name, wanted)])
    for (const [name, records] of parts) await this.#segments.revive(name, records.length)
    const found = parts.flatMap(([, records]) => records)
    this.#count += found.length
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
}

/**
 * A crash tears off the end of what was being written, and nothing sound stands behind that; zeros are room that was not used. Where nothing
 * is sound it cannot be told whether anything was: it counts as damaged.
 */
function isDamaged(segment: Uint8Array, soundBytes: number): boolean {
  const endBytes = segment.findLastIndex((byte) => byte !== 0) + 1
  if (endBytes <= soundBytes) return false
  return soundBytes === 0 || holdsFrame(segment.subarray(soundBytes, endBytes))
}

/** Whether a sound frame stands anywhere in it. The first byte of a length is zero, which no text of a record holds. */
function holdsFrame(bytes: Uint8Array): boolean {
  for (let at = bytes.indexOf(0); at !== -1; at = bytes.indexOf(0, at + 1))
    if (scanFrames(bytes.subarray(at)).frames.length > 0) return true
  return false
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
