import { close, constants, fdatasync, ftruncate, open, write } from 'node:fs'
import { promisify } from 'node:util'
import type { Durability, SpoolFile } from './spool-disk.ts'
import { isFullDisk } from './full-disk.ts'

const LEAST_AHEAD_BYTES = 64 * 1024
const MOST_AHEAD_BYTES = 256 * 1024
const ZEROS = Buffer.alloc(MOST_AHEAD_BYTES)

// Where a write can be durable by itself, it is one way to the disk and one hop between threads less than with a sync after it. Elsewhere
// it may be less than a sync: macOS syncs only to the drive's own cache.
const WRITES_DURABLY = process.platform === 'linux'
const FLAGS = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY

// Plain descriptors: a FileHandle costs a request object and two promises more for every commit.
const openDescriptor = promisify(open) as (path: string, flags: number, mode: number) => Promise<number>
const syncDescriptor = promisify(fdatasync)
const truncateDescriptor = promisify(ftruncate)
const closeDescriptor = promisify(close)

/**
 * A new file that is written from its beginning to its end, with zeros ahead of what is written: a sync that does not have to make the
 * file longer costs half the processor time, and returns sooner. Zeros are taken for the end of a segment, so they may stay after a crash.
 */
export async function createGrowingFile(
  path: string,
  put: PutBytes = putBytes,
  durability: Durability = 'each-write',
): Promise<SpoolFile> {
  const isDurable = durability === 'each-write' && WRITES_DURABLY
  const flags = isDurable ? FLAGS | constants.O_DSYNC : FLAGS
  const file = new GrowingFile(await openDescriptor(path, flags, 0o600), put, isDurable)
  return {
    write: (bytes) => file.append(bytes),
    sync: () => file.sync(),
    cut: (endBytes) => file.cut(endBytes),
    close: () => file.close(),
  }
}

/** Puts bytes at a position of a file. @returns how many the system took */
type PutBytes = (descriptor: number, bytes: Uint8Array, position: number) => Promise<number>

class GrowingFile {
  readonly #descriptor: number
  readonly #put: PutBytes
  readonly #isDurable: boolean
  #endBytes = 0
  /** what is before this is on the disk, as records or as zeros; only a fill moves it over what nothing was written to */
  #filledBytes = 0
  #filling: Promise<void> | null = null
  #fault: unknown = null

  constructor(descriptor: number, put: PutBytes, isDurable: boolean) {
    this.#descriptor = descriptor
    this.#put = put
    this.#isDurable = isDurable
  }

  async append(bytes: Uint8Array): Promise<number> {
    // Never under a fill that is on its way: its zeros could come later than these bytes.
    if (this.#endBytes + bytes.length > this.#filledBytes) await this.#filling
    if (this.#fault !== null) throw this.#fault
    const writtenBytes = await this.#put(this.#descriptor, bytes, this.#endBytes)
    this.#endBytes += writtenBytes
    this.#filledBytes = Math.max(this.#filledBytes, this.#endBytes)
    this.#fillAhead()
    return writtenBytes
  }

  async sync(): Promise<void> {
    if (!this.#isDurable) await syncDescriptor(this.#descriptor)
  }

  async cut(endBytes: number): Promise<void> {
    await this.#filling
    await truncateDescriptor(this.#descriptor, endBytes)
    this.#endBytes = endBytes
    await syncDescriptor(this.#descriptor)
  }

  async close(): Promise<void> {
    await this.#filling
    await truncateDescriptor(this.#descriptor, this.#endBytes).catch(() => {})
    await closeDescriptor(this.#descriptor)
  }

  /** As much as was written so far, within bounds: a file that stays short stays small. */
  #fillAhead(): void {
    const aheadBytes = Math.min(MOST_AHEAD_BYTES, Math.max(LEAST_AHEAD_BYTES, this.#endBytes))
    if (this.#filling || this.#filledBytes - this.#endBytes > aheadBytes / 2) return
    this.#filling = this.#fill(aheadBytes)
      .catch((error: unknown) => {
        // What has no room for zeros may have room for records.
        if (!isFullDisk(error)) this.#fault = error
      })
      .finally(() => {
        this.#filling = null
      })
  }

  async #fill(aheadBytes: number): Promise<void> {
    this.#filledBytes += await this.#put(this.#descriptor, ZEROS.subarray(0, aheadBytes), this.#filledBytes)
  }
}

export const putBytes: PutBytes = (descriptor, bytes, position) =>
  new Promise((resolve, reject) => {
    write(descriptor, bytes, 0, bytes.length, position, (error, writtenBytes) => {
      if (error) reject(error)
      else resolve(writtenBytes)
    })
  })
