const NOTHING = new Uint8Array()

/**
 * Bytes in one piece, however they came: a sender of single bytes takes no more room than about twice their number, where a list of its
 * chunks would take hundreds of times as much. What came in one part is not copied.
 */
export class GatheredBytes {
  sizeBytes = 0
  #only: Uint8Array = NOTHING
  #room: Uint8Array = NOTHING

  add(part: Uint8Array): void {
    if (part.length === 0) return
    if (this.sizeBytes === 0) this.#only = part
    else this.#copy(part)
    this.sizeBytes += part.length
  }

  /** All of it; nothing is held after. */
  take(): Uint8Array {
    const whole = this.#room.length === 0 ? this.#only : this.#room.subarray(0, this.sizeBytes)
    this.#only = NOTHING
    this.#room = NOTHING
    this.sizeBytes = 0
    return whole
  }

  #copy(part: Uint8Array): void {
    const wanted = this.sizeBytes + part.length
    if (wanted > this.#room.length) {
      const room = new Uint8Array(Math.max(wanted, 2 * this.sizeBytes))
      room.set(this.#room.length === 0 ? this.#only : this.#room.subarray(0, this.sizeBytes))
      this.#room = room
      this.#only = NOTHING
    }
    this.#room.set(part, this.sizeBytes)
  }
}

/** All that comes, in one piece; null where it is more than so many bytes, and then the rest is not read. */
export async function gathered(
  source: AsyncIterable<Uint8Array>,
  mostBytes: number,
): Promise<Uint8Array | null> {
  const bytes = new GatheredBytes()
  for await (const part of source) {
    if (bytes.sizeBytes + part.length > mostBytes) return null
    bytes.add(part)
  }
  return bytes.take()
}
