/**
 * Counts work in units of about 10 ns on one core of 2020s server hardware, so that what one content may cost is bounded by numbers and
 * never by a clock: the same content, the same answer.
 */
export class Meter {
  readonly #budget: number
  readonly #slice: number
  #taken = 0
  #sliceEnd: number

  /** @param budget, slice units: in all, and until the event loop should get a turn */
  constructor(budget: number, slice: number) {
    this.#budget = budget
    this.#slice = slice
    this.#sliceEnd = slice
  }

  take(units: number): void {
    this.#taken += units
  }

  /** Once more was taken than there is, and from then on. */
  get isSpent(): boolean {
    return this.#taken > this.#budget
  }

  get isSliceSpent(): boolean {
    return this.#taken >= this.#sliceEnd
  }

  /** A new slice begins: the caller gave the event loop its turn. */
  beginSlice(): void {
    this.#sliceEnd = this.#taken + this.#slice
  }
}
