/** What one pass found, in the order in which it was found: numbers in a row, for it is some for every ten characters. */
export class Candidates {
  /** written over after each part of a text, and never shortened */
  readonly #places: number[] = []
  #length = 0

  get count(): number {
    return this.#length / 3
  }

  /** @param list of listeners */
  add(list: number, start: number, end: number): void {
    const places = this.#places
    const length = this.#length
    places[length] = list
    places[length + 1] = start
    places[length + 2] = end
    this.#length = length + 3
  }

  listAt(at: number): number {
    return this.#places[3 * at] ?? 0
  }

  startAt(at: number): number {
    return this.#places[3 * at + 1] ?? 0
  }

  endAt(at: number): number {
    return this.#places[3 * at + 2] ?? 0
  }

  clear(): void {
    this.#length = 0
  }
}
