import { ShortWrite } from './full-disk.ts'
import type { SpoolDisk } from './spool-disk.ts'

const NAME = 'reserve'
/** More than all calls that can be under way need for their ends. */
const MOST_BYTES = 16 * 1024 * 1024
const PIECE = Buffer.alloc(1024 * 1024)

/**
 * Room on the disk that is taken while there is some, and given back when the disk is full, so that what was begun can still be closed.
 * `absent`: not tried yet. `released`: given back, or there was no room for it, and until it can be taken nothing may begin.
 */
export class Reserve {
  readonly #disk: SpoolDisk
  readonly #sizeBytes: number
  #state: 'absent' | 'held' | 'released' = 'absent'

  constructor(disk: SpoolDisk, sizeBytes: number) {
    this.#disk = disk
    this.#sizeBytes = Math.min(sizeBytes, MOST_BYTES)
  }

  get isReleased(): boolean {
    return this.#state === 'released'
  }

  /** One of an earlier start counts where that start has filled it to its end. */
  async open(names: readonly string[]): Promise<void> {
    if (!names.includes(NAME)) return
    const last = await this.#disk.readAt(NAME, this.#sizeBytes - 1, 1).catch(() => null)
    if (last?.length === 1) this.#state = 'held'
    else await this.#disk.remove(NAME).catch(() => {})
  }

  /** What the disk lacks for it to be taken, in bytes. */
  async missingBytes(): Promise<number> {
    return this.#state === 'held' ? 0 : Math.max(0, 2 * this.#sizeBytes - (await this.#disk.freeBytes()))
  }

  /** Takes it where there is room for it and as much again. @returns whether it is held */
  async hold(): Promise<boolean> {
    if (this.#state === 'held') return true
    if ((await this.missingBytes()) > 0) {
      // It may have been given back before a restart, which gives no room to begin anything.
      this.#state = 'released'
      return false
    }
    try {
      await this.#fill()
      this.#state = 'held'
      return true
    } catch {
      await this.#disk.remove(NAME).catch(() => {})
      return false
    }
  }

  async release(): Promise<void> {
    this.#state = 'released'
    await this.#disk.remove(NAME).catch(() => {})
  }

  /** Real zeros: a hole in a file takes no room. */
  async #fill(): Promise<void> {
    await this.#disk.remove(NAME)
    const file = await this.#disk.create(NAME, 'at-sync')
    try {
      for (let left = this.#sizeBytes; left > 0; left -= PIECE.length) {
        const piece = PIECE.subarray(0, Math.min(left, PIECE.length))
        const writtenBytes = await file.write(piece)
        if (writtenBytes !== piece.length) throw new ShortWrite(writtenBytes, piece.length)
      }
      await file.sync()
    } finally {
      await file.close()
    }
  }
}
