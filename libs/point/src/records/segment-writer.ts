import type { Frame } from '@writ/audit'
import type { Waiting } from './frame-group.ts'
import { FrameGroup } from './frame-group.ts'
import { ShortWrite } from './full-disk.ts'
import { gather } from './gather.ts'
import { lull } from './lull.ts'
import type { SpoolDisk, SpoolFile } from './spool-disk.ts'

/** Where a durable frame stands. */
export type Place = { readonly segment: string; readonly offset: number; readonly length: number }

export type SegmentSettings = {
  /** the first part of every file name of this writer */
  readonly prefix: string
  /** a file that has grown beyond this is followed by the next */
  readonly segmentBytes: number
  /** null: an append settles when it is durable; else when the system has it, and it is durable within so long */
  readonly syncWithinMs: number | null
  /** hears of each frame that became durable, in the order of the appends, with `syncWithinMs` null before its append settles */
  readonly onDurable: (frame: Waiting, place: Place) => void
  readonly onFence: (reason: unknown, left: Left) => void
}

/**
 * What a failure leaves. `lost`: appends that had settled, of which nobody knows now whether they are on the disk. `refused`: those that the
 * disk was given and that settle with false. `cut`: settles, before they do, with whether nothing is there of them; else a crash may bring them
 * back, and whoever has them written anew has them twice.
 */
export type Left = {
  readonly lost: readonly Frame[]
  readonly refused: readonly Frame[]
  readonly cut: Promise<boolean>
}

/** how long a group may grow: where calls come together, and in any busy process */
const GATHER_MS = 4
const LINGER_MS = 0.5
const BUFFER_BYTES = 64 * 1024
const LARGEST_KEPT_BUFFER_BYTES = 1024 * 1024

/** Frames that the system has, at their place in the file. */
type Written = { readonly waiting: readonly Waiting[]; readonly start: number; readonly sizeBytes: number }

/** A write whose frames count for nothing yet: where in the file it begins, and when it has ended, however. */
type Writing = {
  readonly waiting: readonly Waiting[]
  readonly startOffset: number
  readonly ended: Promise<void>
}

/**
 * Appends frames to numbered files with a group commit that clocks itself: what arrives while one group is on its way to
 * the disk is the next group, which waits for company where there was some, and in a busy process grows a little. After any failure it is fenced for good: pages
 * whose sync failed once can look clean later.
 */
export class SegmentWriter {
  readonly #disk: SpoolDisk
  readonly #settings: SegmentSettings
  #file: SpoolFile | null = null
  #name = ''
  #number = 0
  #offset = 0
  #waitingBytes = 0
  #group: FrameGroup | null = null
  #spare: Buffer | null = null
  /** how many became durable together the last time */
  #lastCount = 0
  #committing: Promise<void> | null = null
  #written: Written[] = []
  #syncing: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | null = null
  #writing: Writing | null = null
  #isFenced = false
  #fencing: Promise<void> = Promise.resolve()
  /** why a file that was left could not be closed */
  #leftFault: unknown = null

  constructor(disk: SpoolDisk, settings: SegmentSettings) {
    this.#disk = disk
    this.#settings = settings
  }

  get isFenced(): boolean {
    return this.#isFenced
  }

  /** The file that may still grow. */
  get activeSegment(): string {
    return this.#name
  }

  /** Bytes that were appended and are not known to be durable. */
  get waitingBytes(): number {
    return this.#waitingBytes
  }

  /**
   * @param sha256 hash of the frame's bytes, hex
   * @returns true once durable, or, with `syncWithinMs`, once the system has it; false when it may not be
   */
  append(frame: Frame, sha256: string): Promise<boolean> {
    if (this.#isFenced) return Promise.resolve(false)
    const group = (this.#group ??= this.#emptyGroup())
    this.#waitingBytes += group.add(frame, sha256)
    this.#committing ??= this.#commitAll()
    return group.settled
  }

  /** Settles when what was appended by now is durable, or known to be lost. */
  async flush(): Promise<void> {
    await this.#committing
    await this.#syncAll()
  }

  async close(): Promise<void> {
    await this.#committing
    if (this.#timer) clearTimeout(this.#timer)
    await this.#syncAll()
    this.#isFenced = true
    await this.#file?.close()
    this.#file = null
  }

  #emptyGroup(): FrameGroup {
    const buffer = this.#spare ?? Buffer.allocUnsafeSlow(BUFFER_BYTES)
    this.#spare = null
    return new FrameGroup(buffer)
  }

  async #commitAll(): Promise<void> {
    while (this.#group) {
      const group = this.#group
      await lull(group.sinceMs, LINGER_MS)
      await gather(group, this.#lastCount, GATHER_MS)
      this.#lastCount = group.waiting.length
      this.#group = null
      await this.#commit(group)
    }
    this.#committing = null
  }

  async #commit(group: FrameGroup): Promise<void> {
    const { bytes, waiting } = group
    try {
      if (this.#isFenced) throw new Error('the segment is fenced')
      if (this.#leftFault !== null) throw this.#leftFault
      await this.#store({ waiting, start: await this.#write(group), sizeBytes: bytes.length })
      const isLast = this.#offset >= this.#settings.segmentBytes
      // Where nobody waits for a sync, nobody waits for that of a whole segment.
      if (this.#settings.syncWithinMs !== null) group.settle(true)
      if (isLast) await this.#leave()
      group.settle(true)
    } catch (reason) {
      this.#waitingBytes -= bytes.length
      await this.#fence(reason)
      group.settle(false)
    }
    if (group.buffer.length <= LARGEST_KEPT_BUFFER_BYTES) this.#spare = group.buffer
  }

  async #write(group: FrameGroup): Promise<number> {
    const { bytes, waiting } = group
    this.#file ??= await this.#next()
    const start = this.#offset
    const write = this.#file.write(bytes)
    this.#writing = { waiting, startOffset: start, ended: write.then(nothing, nothing) }
    const writtenBytes = await write
    // A full disk shows as a short count without an error.
    if (writtenBytes !== bytes.length) throw new ShortWrite(writtenBytes, bytes.length)
    this.#offset = start + bytes.length
    return start
  }

  async #store(written: Written): Promise<void> {
    const { syncWithinMs } = this.#settings
    // A sync failed meanwhile: no other will follow, and what was written is taken back.
    if (this.#isFenced) throw new Error('the segment is fenced')
    if (syncWithinMs === null) await this.#file?.sync()
    this.#writing = null
    if (syncWithinMs === null) return this.#tell(written, this.#name)
    this.#written.push(written)
    this.#timer ??= setTimeout(() => {
      this.#timer = null
      void this.#syncAll()
    }, syncWithinMs)
  }

  /** Whatever was written by now, one sync after the other; a failure fences. */
  #syncAll(): Promise<void> {
    this.#syncing = this.#syncing.then(() => this.#sync()).catch((reason: unknown) => this.#fence(reason))
    return this.#syncing
  }

  /** Only what was written before it began is durable after it. */
  async #sync(): Promise<void> {
    if (this.#written.length === 0) return
    const count = this.#written.length
    const name = this.#name
    await this.#file?.sync()
    for (const written of this.#written.splice(0, count)) this.#tell(written, name)
  }

  #tell({ waiting, start, sizeBytes }: Written, segment: string): void {
    this.#waitingBytes -= sizeBytes
    let offset = start
    for (const frame of waiting) {
      const length = start + frame.endOffset - offset
      this.#settings.onDurable(frame, { segment, offset, length })
      offset += length
    }
  }

  async #next(): Promise<SpoolFile> {
    this.#number += 1
    this.#name = `${this.#settings.prefix}.${String(this.#number).padStart(8, '0')}.spool`
    this.#offset = 0
    return this.#disk.create(this.#name, this.#settings.syncWithinMs === null ? 'each-write' : 'at-sync')
  }

  async #leave(): Promise<void> {
    await this.#syncAll()
    const file = this.#file
    this.#file = null
    this.#name = ''
    // All that is in it is durable already. What comes next finds that its disk has failed.
    file?.close().catch((reason: unknown) => {
      this.#leftFault = reason
    })
  }

  /** @returns when nothing is done to the file any more */
  #fence(reason: unknown): Promise<void> {
    if (this.#isFenced) return this.#fencing
    this.#isFenced = true
    this.#fencing = this.#giveUp(reason)
    return this.#fencing
  }

  async #giveUp(reason: unknown): Promise<void> {
    const lost = this.#settled()
    const file = this.#file
    this.#file = null
    const refused = this.#writing?.waiting ?? []
    const cut = takenBack(file, this.#writing)
    this.#settings.onFence(reason, { lost, refused, cut })
    await cut
    await file?.close().catch(() => {})
    // Nothing durable is in it; on a full disk each attempt would leave one more.
    if (this.#offset === 0 && this.#name !== '') await this.#disk.remove(this.#name).catch(() => {})
  }

  /** Frames whose append has settled already though no sync has returned. */
  #settled(): Frame[] {
    const written = this.#written.splice(0)
    for (const { sizeBytes } of written) this.#waitingBytes -= sizeBytes
    return written.flatMap(({ waiting }) => waiting)
  }
}

const nothing = (): void => {}

/** Not under a write that is on its way: what it takes would come after the cut. */
async function takenBack(file: SpoolFile | null, writing: Writing | null): Promise<boolean> {
  if (file === null || writing === null) return true
  await writing.ended
  return file.cut(writing.startOffset).then(
    () => true,
    () => false,
  )
}
