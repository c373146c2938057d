/** Draws that a seed repeats. */
export class Dice {
  readonly #state = new Int32Array(1)

  constructor(seed: number) {
    this.#state[0] = seed
  }

  /** mulberry32 */
  below(most: number): number {
    const state = ((this.#state[0] ?? 0) + 0x6d2b79f5) | 0
    this.#state[0] = state
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % most
  }

  is(oneIn: number): boolean {
    return this.below(oneIn) === 0
  }

  one<T>(list: readonly T[]): T {
    const at = this.below(list.length)
    for (const item of list.slice(at, at + 1)) return item
    throw new RangeError('there is nothing to choose from')
  }

  some<T>(list: readonly T[]): T[] {
    return list.filter(() => this.is(2))
  }

  many<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.below(most + 1) }, make)
  }
}
