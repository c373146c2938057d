import type { SpoolDisk, SpoolFile } from './spool-disk.ts'

/** Where a durable frame stands. */
export type Place = { readonly segment: string; readonly offset: number; readonly length: number }

/** Hears in the same turn, in the order of the appends: the place once the bytes are durable, null when they may not be. */
type Settled = (place: Place | null) => void
type Waiting = { readonly frame: Uint8Array; readonly settled: Settled }

export type SegmentSettings = {
  /** the first part of every file name of this writer */
  readonly prefix: string
  /** a file that has grown beyond this is followed by the next */
  readonly segmentBytes: number
  readonly onFence: (reason: unknown) => void
}

/**
 * Appends frames to numbered files with a group commit that clocks itself: what arrives while one group is on its way to
 * the disk is the next group. After any failure it is fenced for good: pages whose sync failed once can look clean later.
 */
export class SegmentWriter {
  readonly #disk: SpoolDisk
  readonly #settings: SegmentSettings
  #file: SpoolFile | null = null
  #name = ''
  #number = 0
  #offset = 0
  #waiting: Waiting[] = []
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

  append(frame: Uint8Array, settled: Settled): void {
    if (this.#isFenced) return settled(null)
    this.#waiting.push({ frame, settled })
    this.#committing ??= this.#commitAll()
  }

  async close(): Promise<void> {
    await this.#committing
    this.#isFenced = true
    await this.#file?.close()
    this.#file = null
  }

  async #commitAll(): Promise<void> {
    // One turn of the event loop: calls that arrived together share their first sync.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const group = this.#waiting
      this.#waiting = []
      await this.#commit(group)
    }
    this.#committing = null
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    try {
      if (this.#isFenced) throw new Error('the segment is fenced')
      const start = await this.#write(group.map(({ frame }) => frame))
      this.#settle(group, start)
    } catch (reason) {
      await this.#fence(reason)
      for (const { settled } of group) settled(null)
    }
  }

  async #write(frames: readonly Uint8Array[]): Promise<number> {
    this.#file ??= await this.#next()
    const start = this.#offset
    const sizeBytes = frames.reduce((sum, frame) => sum + frame.length, 0)
    const writtenBytes = await this.#file.write(frames)
    // A full disk shows as a short count without an error.
    if (writtenBytes !== sizeBytes) throw new Error(`the disk took ${writtenBytes} of ${sizeBytes} bytes`)
    await this.#file.sync()
    this.#offset = start + sizeBytes
    return start
  }

  #settle(group: readonly Waiting[], start: number): void {
    let offset = start
    for (const { frame, settled } of group) {
      settled({ segment: this.#name, offset, length: frame.length })
      offset += frame.length
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
