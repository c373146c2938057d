import { ShortWrite } from './full-disk.ts'
import type { SpoolDisk } from './spool-disk.ts'

const NAME = 'reserve'
const PIECE = Buffer.alloc(1024 * 1024)

/**
 * Room on the disk that is taken while there is some, and given back when the disk is full, so that what was begun can still be closed.
 * `absent`: not taken yet. `released`: given back, and until it can be taken again nothing may begin.
 */
export class Reserve {
  readonly #disk: SpoolDisk
  readonly #sizeBytes: number
  #state: 'absent' | 'held' | 'released' = 'absent'

  constructor(disk: SpoolDisk, sizeBytes: number) {
    this.#disk = disk
    this.#sizeBytes = sizeBytes
  }

  get isReleased(): boolean {
    return this.#state === 'released'
  }

  /** One of an earlier start counts; whether it is whole shows in how much the file system has left. */
  open(names: readonly string[]): void {
    if (names.includes(NAME)) this.#state = 'held'
  }

  /** Takes it where there is room for it and as much again. @returns whether it is held */
  async hold(): Promise<boolean> {
    if (this.#state === 'held') return true
    if ((await this.#disk.freeBytes()) < 2 * this.#sizeBytes) return false
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
