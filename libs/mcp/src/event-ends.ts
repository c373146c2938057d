const LF = 0x0a
const CR = 0x0d

/**
 * Finds where the events of a stream end: after the line end of a blank line, be it CR, LF or CRLF, in any chunking.
 * A CR waits for the LF that may follow, except where the line before it ended in CR alone: such a stream has no LF to wait for.
 */
export class EventEnds {
  /** the byte before was a CR */
  private isAfterCr = false
  /** the line so far has no bytes */
  private isBlank = true
  /** the line before ended in CR alone */
  private hasBareCr = false
  /** a blank line ended in CR: the event ends there, or after the LF that follows */
  private isEndDue = false
  private ends: number[] = []

  /** Offsets of the chunk at which an event is complete, in order. Chunks are given in order, each once. */
  within(chunk: Uint8Array): readonly number[] {
    this.ends = []
    for (let at = 0; at < chunk.length; at += 1) {
      const isSecondHalf = this.isAfterCr && this.settleCr(chunk[at] === LF, at)
      if (isSecondHalf) continue
      at = this.skipText(chunk, at)
      if (at < chunk.length) this.endLine(chunk[at] === CR, at)
    }
    return this.ends
  }

  /** True where the byte is the LF of a CRLF, and so no line end of its own. */
  private settleCr(isLf: boolean, at: number): boolean {
    this.isAfterCr = false
    this.hasBareCr = !isLf
    if (this.isEndDue) this.ends.push(isLf ? at + 1 : at)
    this.isEndDue = false
    return isLf
  }

  /** The offset of the next CR or LF, or the end of the chunk. */
  private skipText(chunk: Uint8Array, start: number): number {
    let at = start
    while (at < chunk.length && chunk[at] !== LF && chunk[at] !== CR) at += 1
    if (at > start) this.isBlank = false
    return at
  }

  private endLine(isCr: boolean, at: number): void {
    const waits = isCr && !this.hasBareCr
    if (this.isBlank && waits) this.isEndDue = true
    if (this.isBlank && !waits) this.ends.push(at + 1)
    this.isBlank = true
    this.isAfterCr = isCr
    if (!isCr) this.hasBareCr = false
  }
}
