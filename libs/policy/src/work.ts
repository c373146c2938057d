/** Counts work, so that what one message may cost is bounded by numbers and never by a clock: the same message, the same answer. */
export class Work {
  readonly #budget: number
  #left: number

  constructor(budget: number) {
    this.#budget = budget
    this.#left = budget
  }

  /** As much again as at first, whatever is left. */
  renew(): void {
    this.#left = this.#budget
  }

  /** False once more was asked for than there is, and from then on. */
  take(units: number): boolean {
    this.#left -= units
    return this.#left >= 0
  }

  get isSpent(): boolean {
    return this.#left < 0
  }
}
