/** Whole numbers that only grow, kept as runs of neighbours: a range costs two numbers, however long it is. */
export class Runs {
  readonly #starts: number[] = []
  readonly #ends: number[] = []
  #count = 0

  /** @throws RangeError for a number that is not above all before it */
  add(value: number): void {
    const last = this.#ends.length - 1
    const end = this.#ends[last] ?? -1
    if (value < end) throw new RangeError(`${value} does not follow ${end - 1}`)
    this.#count += 1
    if (last >= 0 && value === end) this.#ends[last] = value + 1
    else {
      this.#starts.push(value)
      this.#ends.push(value + 1)
    }
  }

  get count(): number {
    return this.#count
  }

  get first(): number | null {
    return this.#starts[0] ?? null
  }

  get last(): number | null {
    const end = this.#ends.at(-1)
    return end === undefined ? null : end - 1
  }

  /** Whether one of them is in `[from, to)`. */
  meets(from: number, to: number): boolean {
    const at = this.#firstEndingAfter(from)
    return (this.#starts[at] ?? Infinity) < to
  }

  *values(): Generator<number> {
    for (const [at, start] of this.#starts.entries())
      for (let value = start; value < (this.#ends[at] ?? start); value += 1) yield value
  }

  #firstEndingAfter(value: number): number {
    let [low, high] = [0, this.#ends.length]
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if ((this.#ends[middle] ?? 0) > value) high = middle
      else low = middle + 1
    }
    return low
  }
}
