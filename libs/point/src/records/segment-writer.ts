import type { Frame } from '@writ/audit'
import type { Waiting } from './frame-group.ts'
import { FrameGroup } from './frame-group.ts'
import { lull } from './lull.ts'
import type { SpoolDisk, SpoolFile } from './spool-disk.ts'

/** Where a durable frame stands. */
export type Place = { readonly segment: string; readonly offset: number; readonly length: number }

export type SegmentSettings = {
  /** the first part of every file name of this writer */
  readonly prefix: string
  /** a file that has grown beyond this is followed by the next */
  readonly segmentBytes: number
  /** hears of each frame that became durable, in the order of the appends, before its append settles */
  readonly onDurable: (frame: Waiting, place: Place) => void
  readonly onFence: (reason: unknown) => void
}

/** how long a group of a busy process may grow */
const LINGER_MS = 0.5
const BUFFER_BYTES = 64 * 1024
const LARGEST_KEPT_BUFFER_BYTES = 1024 * 1024

/**
 * Appends frames to numbered files with a group commit that clocks itself: what arrives while one group is on its way to
 * the disk is the next group, and a busy process lets its groups grow a little. After any failure it is fenced for good: pages
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
  #committing: Promise<void> | null = null
  #isFenced = false

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
   * @returns true once durable; false when it may not be
   */
  append(frame: Frame, sha256: string): Promise<boolean> {
    if (this.#isFenced) return Promise.resolve(false)
    const group = (this.#group ??= this.#emptyGroup())
    this.#waitingBytes += group.add(frame, sha256)
    this.#committing ??= this.#commitAll()
    return group.settled
  }

  async close(): Promise<void> {
    await this.#committing
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
      await lull(this.#group.sinceMs, LINGER_MS)
      const group = this.#group
      this.#group = null
      await this.#commit(group)
    }
    this.#committing = null
  }

  async #commit(group: FrameGroup): Promise<void> {
    const { bytes, waiting } = group
    try {
      if (this.#isFenced) throw new Error('the segment is fenced')
      const start = await this.#write(bytes)
      this.#tell(waiting, start)
      group.settle(true)
    } catch (reason) {
      await this.#fence(reason)
      group.settle(false)
    }
    this.#waitingBytes -= bytes.length
    if (group.buffer.length <= LARGEST_KEPT_BUFFER_BYTES) this.#spare = group.buffer
  }

  async #write(bytes: Uint8Array): Promise<number> {
    this.#file ??= await this.#next()
    const start = this.#offset
    const writtenBytes = await this.#file.write(bytes)
    // A full disk shows as a short count without an error.
    if (writtenBytes !== bytes.length)
      throw new Error(`the disk took ${writtenBytes} of ${bytes.length} bytes`)
    await this.#file.sync()
    this.#offset = start + bytes.length
    return start
  }

  #tell(waiting: readonly Waiting[], start: number): void {
    let offset = start
    for (const frame of waiting) {
      const length = start + frame.endOffset - offset
      this.#settings.onDurable(frame, { segment: this.#name, offset, length })
      offset += length
    }
    if (this.#offset >= this.#settings.segmentBytes) this.#leave()
  }

  async #next(): Promise<SpoolFile> {
    this.#number += 1
    this.#name = `${this.#settings.prefix}.${String(this.#number).padStart(8, '0')}.spool`
    this.#offset = 0
    return this.#disk.create(this.#name)
  }

  #leave(): void {
    const file = this.#file
    this.#file = null
    this.#name = ''
    file?.close().catch(this.#settings.onFence)
  }

  async #fence(reason: unknown): Promise<void> {
    if (this.#isFenced) return
    this.#isFenced = true
    this.#settings.onFence(reason)
    const file = this.#file
    this.#file = null
    await file?.close().catch(() => {})
    // Nothing durable is in it; on a full disk each attempt would leave one more.
    if (this.#offset === 0 && this.#name !== '') await this.#disk.remove(this.#name).catch(() => {})
  }
}
