import { StreamId } from '@writ/contracts'
import { z } from 'zod'
import type { Place } from './segment-writer.ts'
import type { SpoolDisk } from './spool-disk.ts'

/** The part of a stream that stands in one segment. */
export type Span = { readonly firstSeq: number; nextSeq: number; headHash: string }

type Segment = {
  readonly name: string
  sizeBytes: number
  unconfirmed: number
  readonly spans: Map<StreamId, Span>
  /** since when each of its records is confirmed */
  confirmedAtMs: number
}

/**
 * A segment of an earlier start that cannot be read to its end. `unreadable`: the disk did not give it, for the `cause`; `damaged`: records
 * stand in it behind bytes that are none, or nothing in it is a record. What it holds and the ledger does not have is not shipped.
 */
export type FaultySegment = {
  readonly name: string
  readonly problem: 'unreadable' | 'damaged'
  readonly cause: unknown
}

/** Behind the last record of a segment are zeros, or nothing. */
const FRAME_START_BYTES = 8
const NOTHING = new Uint8Array()
const SEGMENT = /\.spool$/
const indexOf = (name: string): string => name.replace(SEGMENT, '.index')

const StoredIndex = z.strictObject({
  v: z.literal('writ.spool.index.v1'),
  sizeBytes: z.int().positive(),
  confirmedAtMs: z.number(),
  spans: z.array(
    z.strictObject({
      stream: StreamId,
      firstSeq: z.int().nonnegative(),
      nextSeq: z.int().positive(),
      headHash: z.string(),
    }),
  ),
})

/** When a confirmed segment may go. `keptMs` null: at once. */
export type Keeping = { readonly keptMs: number | null; readonly nowMs: () => number }

/**
 * The files of a spool: those with records that the ledger has not confirmed, and those that are kept all the same until what they hold is
 * archived. A file beside a kept segment says what is in it, so that a start need not read it.
 */
export class Segments {
  readonly #disk: SpoolDisk
  readonly #keeping: Keeping
  readonly #waiting = new Map<string, Segment>()
  /** oldest first */
  readonly #kept = new Map<string, Segment>()
  readonly #archived = new Map<StreamId, number>()
  readonly #faulty = new Map<string, FaultySegment>()
  #waitingBytes = 0
  #keptBytes = 0
  #removedEarly = 0

  constructor(disk: SpoolDisk, keeping: Keeping) {
    this.#disk = disk
    this.#keeping = keeping
  }

  /** of segments with records that are not confirmed, and of those that still grow */
  get waitingBytes(): number {
    return this.#waitingBytes
  }

  /** of segments that hold confirmed records only */
  get keptBytes(): number {
    return this.#keptBytes
  }

  /** segments that had to go before they were archived or old enough, because there was no room */
  get removedEarly(): number {
    return this.#removedEarly
  }

  /** Those of earlier starts that cannot be read to their end. */
  get faulty(): readonly FaultySegment[] {
    return [...this.#faulty.values()]
  }

  /** Leaves a file where it is, for whoever looks into it and for the next start, which tries again. */
  leave(segment: FaultySegment): void {
    this.#faulty.set(segment.name, segment)
  }

  /** Takes up what an earlier boot kept. @returns names of segments that must be read */
  async open(): Promise<readonly string[]> {
    const names = await this.#disk.list()
    const unread: string[] = []
    for (const name of names) {
      if (!SEGMENT.test(name)) await this.#dropOrphan(name, names)
      else if (!(await this.#takeUp(name, names))) unread.push(name)
    }
    const oldestFirst = [...this.#kept].toSorted(
      ([, one], [, other]) => one.confirmedAtMs - other.confirmedAtMs,
    )
    this.#kept.clear()
    for (const [name, segment] of oldestFirst) this.#kept.set(name, segment)
    return unread
  }

  /** A record stands in a segment now, and is not confirmed. */
  note({ segment: name, offset, length }: Place, stream: StreamId, seq: number, headHash: string): void {
    let segment = this.#waiting.get(name)
    if (segment === undefined) {
      segment = { name, sizeBytes: 0, unconfirmed: 0, spans: new Map(), confirmedAtMs: 0 }
      this.#waiting.set(name, segment)
    }
    this.#waitingBytes += offset + length - segment.sizeBytes
    segment.sizeBytes = offset + length
    segment.unconfirmed += 1
    const span = segment.spans.get(stream)
    if (span === undefined) {
      segment.spans.set(stream, { firstSeq: seq, nextSeq: seq + 1, headHash })
      return
    }
    span.nextSeq = seq + 1
    span.headHash = headHash
  }

  confirmed(name: string): void {
    const segment = this.#waiting.get(name)
    if (segment) segment.unconfirmed -= 1
  }

  /** The records of a stream below `nextSeq` are archived for good. */
  archived(stream: StreamId, nextSeq: number): void {
    if (nextSeq > (this.#archived.get(stream) ?? 0)) this.#archived.set(stream, nextSeq)
  }

  /** Streams of which there are records, confirmed or not. */
  streams(): Set<StreamId> {
    return new Set(this.#all().flatMap(({ spans }) => [...spans.keys()]))
  }

  /** How far a stream has come of which there are records, confirmed or not. */
  endOf(stream: StreamId): Span | undefined {
    const parts = this.#all().flatMap(({ spans }) => spans.get(stream) ?? [])
    return parts.toSorted((one, other) => one.nextSeq - other.nextSeq).at(-1)
  }

  /** Segments that hold some of a stream's records from `fromSeq` to before `toSeq`. */
  holding(stream: StreamId, fromSeq: number, toSeq: number): string[] {
    return this.#all()
      .filter(({ spans }) => {
        const span = spans.get(stream)
        return span !== undefined && span.firstSeq < toSeq && span.nextSeq > fromSeq
      })
      .map(({ name }) => name)
  }

  /** So many records of a segment are not confirmed any more. */
  async revive(name: string, records: number): Promise<void> {
    const kept = this.#kept.get(name)
    const segment = kept ?? this.#waiting.get(name)
    if (segment) segment.unconfirmed += records
    if (kept === undefined) return
    this.#kept.delete(name)
    this.#keptBytes -= kept.sizeBytes
    this.#waiting.set(name, kept)
    this.#waitingBytes += kept.sizeBytes
    // A start after a crash must not take it for one that may go.
    await this.#disk.remove(indexOf(name)).catch(() => {})
  }

  /** Keeps or removes what is confirmed as a whole, and removes what was kept long enough or has no room. @param mostBytes for all files together */
  async sweep(growing: ReadonlySet<string>, mostBytes: number): Promise<void> {
    for (const segment of this.#waiting.values())
      if (segment.unconfirmed === 0 && !growing.has(segment.name)) await this.#retire(segment)
    for (const segment of this.#kept.values()) if (this.#isDone(segment)) await this.#remove(segment)
    await this.makeRoom(mostBytes)
    this.#forgetArchived()
  }

  /** Removes kept segments, oldest first, until all files together have at most so many bytes. */
  async makeRoom(mostBytes: number): Promise<void> {
    for (const segment of this.#kept.values()) {
      if (this.#waitingBytes + this.#keptBytes <= mostBytes) return
      this.#removedEarly += 1
      await this.#remove(segment)
    }
  }

  #all(): Segment[] {
    return [...this.#kept.values(), ...this.#waiting.values()]
  }

  async #retire(segment: Segment): Promise<void> {
    this.#waiting.delete(segment.name)
    this.#waitingBytes -= segment.sizeBytes
    if (this.#faulty.has(segment.name)) return
    if (this.#keeping.keptMs === null) return this.#disk.remove(segment.name)
    segment.confirmedAtMs = this.#keeping.nowMs()
    this.#kept.set(segment.name, segment)
    this.#keptBytes += segment.sizeBytes
    // Without it the segment is read again at the next start, and asked for again: nothing is lost.
    await this.#disk.replace(indexOf(segment.name), indexTextOf(segment)).catch(() => {})
  }

  #isDone({ confirmedAtMs, spans }: Segment): boolean {
    const { keptMs, nowMs } = this.#keeping
    if (keptMs === null) return true
    if (nowMs() - confirmedAtMs < keptMs) return false
    return [...spans].every(([stream, { nextSeq }]) => (this.#archived.get(stream) ?? 0) >= nextSeq)
  }

  async #remove(segment: Segment): Promise<void> {
    this.#kept.delete(segment.name)
    this.#keptBytes -= segment.sizeBytes
    await this.#disk.remove(segment.name)
    await this.#disk.remove(indexOf(segment.name))
  }

  #forgetArchived(): void {
    if (this.#archived.size === 0) return
    const streams = this.streams()
    for (const stream of this.#archived.keys()) if (!streams.has(stream)) this.#archived.delete(stream)
  }

  async #dropOrphan(name: string, names: readonly string[]): Promise<void> {
    const isOrphan = name.endsWith('.index') && !names.includes(name.replace(/\.index$/, '.spool'))
    // One that stays does no harm, and the next start tries again.
    if (isOrphan || name.endsWith('.draft')) await this.#disk.remove(name).catch(() => {})
  }

  async #takeUp(name: string, names: readonly string[]): Promise<boolean> {
    if (!names.includes(indexOf(name))) return false
    const index = readIndex(await this.#disk.read(indexOf(name)).catch(() => NOTHING))
    if (index === null) return false
    const { sizeBytes, confirmedAtMs } = index
    if (await this.#goesOn(name, sizeBytes)) return false
    const spans = new Map(index.spans.map(({ stream, ...span }) => [stream, span]))
    this.#kept.set(name, { name, sizeBytes, unconfirmed: 0, spans, confirmedAtMs })
    this.#keptBytes += sizeBytes
    return true
  }

  /** Whether a segment holds more than is said of it: an earlier start may still have written while a later one had begun. */
  async #goesOn(name: string, fromBytes: number): Promise<boolean> {
    // Where it cannot be read there is nothing to be had of it, and what is said of it stands.
    const beyond = await this.#disk.readAt(name, fromBytes, FRAME_START_BYTES).catch(() => NOTHING)
    return beyond.some((byte) => byte !== 0)
  }
}

const indexTextOf = ({ sizeBytes, confirmedAtMs, spans }: Segment): string =>
  JSON.stringify({
    v: 'writ.spool.index.v1',
    sizeBytes,
    confirmedAtMs,
    spans: [...spans].map(([stream, span]) => ({ stream, ...span })),
  })

function readIndex(bytes: Uint8Array): z.infer<typeof StoredIndex> | null {
  try {
    return StoredIndex.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8'))).data ?? null
  } catch {
    return null
  }
}
