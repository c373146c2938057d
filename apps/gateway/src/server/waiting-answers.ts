/** Room for all answers together that were handed over and are not taken yet. */
const MOST_BYTES = 256 * 1024 * 1024

/** Whoever reads at all has taken an answer within this time, or most of it. */
const LONG_MS = 1_000

type Waiting = {
  readonly source: string
  readonly sizeBytes: number
  readonly sinceMs: number
  readonly cut: () => void
}

/**
 * Answers that are kept until their readers have taken them. Where all of them are more than there is room for, the oldest of the address
 * that most of them go to is cut, if it has waited for long: whoever reads slowly on many connections gives up their own, and nobody else's.
 */
export class WaitingAnswers {
  readonly #mostBytes: number
  readonly #nowMs: () => number
  /** oldest first */
  readonly #waiting = new Set<Waiting>()
  readonly #bytesTo = new Map<string, number>()
  #bytes = 0

  /** @param nowMs monotonic milliseconds */
  constructor(mostBytes: number, nowMs: () => number = () => performance.now()) {
    this.#mostBytes = mostBytes
    this.#nowMs = nowMs
  }

  /**
   * @param cut ends that answer
   * @returns to be called once it is taken, or nobody takes it any more
   */
  add(source: string, sizeBytes: number, cut: () => void): () => void {
    const one = { source, sizeBytes, sinceMs: this.#nowMs(), cut }
    this.#waiting.add(one)
    this.#count(one, sizeBytes)
    while (this.#bytes > this.#mostBytes && this.#cutOldestOfLargest()) continue
    return () => this.#leave(one)
  }

  #leave(one: Waiting): void {
    if (this.#waiting.delete(one)) this.#count(one, -one.sizeBytes)
  }

  #count({ source }: Waiting, change: number): void {
    this.#bytes += change
    const left = (this.#bytesTo.get(source) ?? 0) + change
    if (left === 0) this.#bytesTo.delete(source)
    else this.#bytesTo.set(source, left)
  }

  /** @returns whether there was one that has waited for long */
  #cutOldestOfLargest(): boolean {
    const [largest] = [...this.#bytesTo].toSorted(([, one], [, other]) => other - one)
    for (const one of this.#waiting) {
      if (one.source !== largest?.[0]) continue
      if (this.#nowMs() - one.sinceMs < LONG_MS) return false
      this.#leave(one)
      one.cut()
      return true
    }
    return false
  }
}

/** Those of this process. */
export const waitingAnswers = new WaitingAnswers(MOST_BYTES)
