/** Counts work, so that what one message may cost is bounded by numbers and never by a clock: the same message, the same answer. */
export class Work {
  readonly #budget: number
  #taken = 0

  constructor(budget: number) {
    this.#budget = budget
  }

  /** False once more was asked for than there is, and from then on. */
  take(units: number): boolean {
    this.#taken += units
    return !this.isSpent
  }

  get isSpent(): boolean {
    return this.#taken > this.#budget
  }
}
