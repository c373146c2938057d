const SLAB_BYTES = 256 * 1024

type Slab = { readonly bytes: Buffer; usedBytes: number; held: number }

/** Where a record's bytes are in memory. */
export type Held = { readonly slab: Slab; readonly offset: number; readonly length: number }

/**
 * Bytes of records that wait to be shipped, in slabs outside the heap that are used again: as strings, kept by the thousands for
 * some hundred milliseconds each, they would be most of the work of the garbage collector.
 */
export class HeldRecords {
  readonly #mostSlabs: number
  readonly #spare: Slab[] = []
  #slabs = 0
  #current: Slab | null = null

  constructor(mostBytes: number) {
    this.#mostSlabs = Math.floor(mostBytes / SLAB_BYTES)
  }

  /** Null when there is no room: the record is on disk. */
  put(record: string): Held | null {
    // no code unit is longer than three bytes
    const slab = this.#slabFor(3 * record.length)
    if (slab === null) return null
    const offset = slab.usedBytes
    const length = slab.bytes.write(record, offset, 'utf8')
    slab.usedBytes += length
    slab.held += 1
    return { slab, offset, length }
  }

  read({ slab, offset, length }: Held): string {
    return slab.bytes.toString('utf8', offset, offset + length)
  }

  release({ slab }: Held): void {
    slab.held -= 1
    if (slab.held > 0 || slab === this.#current) return
    this.#spare.push(slab)
  }

  #slabFor(sizeBytes: number): Slab | null {
    const current = this.#current
    if (current && current.usedBytes + sizeBytes <= SLAB_BYTES) return current
    if (sizeBytes > SLAB_BYTES) return null
    this.#current = null
    if (current?.held === 0) this.#spare.push(current)
    const next = this.#spare.pop() ?? this.#newSlab()
    if (next === null) return null
    next.usedBytes = 0
    this.#current = next
    return next
  }

  #newSlab(): Slab | null {
    if (this.#slabs >= this.#mostSlabs) return null
    this.#slabs += 1
    return { bytes: Buffer.allocUnsafeSlow(SLAB_BYTES), usedBytes: 0, held: 0 }
  }
}
